//! API calls from outside of the process.

use reqwest::{Client, Method};
use serde_json::Value;

use crate::program::{Program, SETUP_TOKEN};
use crate::{Outcome, http_client};

/// The response of a call: a status and a body, or nothing.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status, if there was a response.
    pub status: Option<u16>,
    /// Its JSON, or null.
    pub body: Value,
    /// Why there was no response.
    pub fault: String,
}

impl Reply {
    /// Whether the call succeeded.
    pub fn is_success(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }

    /// A number in the body.
    pub fn number(&self, field: &str) -> i64 {
        self.body[field].as_i64().unwrap_or_default()
    }

    /// A text in the body.
    pub fn text(&self, field: &str) -> String {
        self.body[field]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// An installation as an API client sees it.
#[derive(Clone)]
pub struct Api {
    http: Client,
    url: String,
}

/// The owner of an installation.
#[derive(Clone, Default)]
pub struct Owner {
    /// A key with the role of an owner.
    pub key: String,
}

impl Api {
    /// A client of an installation with its own connections.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub fn of(program: &Program) -> Outcome<Self> {
        Ok(Self {
            http: http_client::client()?,
            url: program.url(),
        })
    }

    /// Sends a call. An empty credential means none.
    pub async fn call(&self, method: Method, path: &str, credential: &str, body: Value) -> Reply {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url));
        if !credential.is_empty() {
            request = request.bearer_auth(credential);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        match request.send().await {
            Err(error) => Reply {
                status: None,
                body: Value::Null,
                fault: chain(&error),
            },
            Ok(answer) => {
                let status = answer.status().as_u16();
                let read = answer.bytes().await;
                match read {
                    Err(error) => Reply {
                        status: None,
                        body: Value::Null,
                        fault: chain(&error),
                    },
                    Ok(bytes) => {
                        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                        Reply {
                            status: Some(status),
                            body,
                            fault: String::new(),
                        }
                    }
                }
            }
        }
    }

    /// Like [`Api::call`], but fails if the status is different.
    ///
    /// # Errors
    /// With the response, if the status is different.
    pub async fn must(
        &self,
        method: Method,
        path: &str,
        credential: &str,
        body: Value,
    ) -> Outcome<Reply> {
        let reply = self
            .call(method.clone(), path, credential, body)
            .await;
        if reply.is_success() {
            Ok(reply)
        } else {
            Err(format!("{method} {path}: {}", describe(&reply)).into())
        }
    }

    /// The status of a call with this key, if there was a response.
    pub async fn tried(&self, key: &str) -> Option<u16> {
        self.call(Method::GET, "/api/v1/me", key, Value::Null)
            .await
            .status
    }

    /// Sets up an empty installation.
    ///
    /// # Errors
    /// If it cannot be.
    pub async fn found(&self) -> Outcome<Owner> {
        let body = serde_json::json!({
            "setup_token": SETUP_TOKEN, "organization": "Acme", "name": "Olivia Owens", "email": OLIVIA,
        });
        let made = self
            .must(Method::POST, "/api/v1/bootstrap", "", body)
            .await?;
        Ok(Owner {
            key: made.text("api_key"),
        })
    }

    /// The URL of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The HTTP client.
    pub const fn http(&self) -> &Client {
        &self.http
    }
}

/// The email of the owner.
pub const OLIVIA: &str = "olivia@acme.example";

/// A short description of a response.
pub fn describe(reply: &Reply) -> String {
    match reply.status {
        Some(status) => format!(
            "{status} {}",
            reply.body["code"].as_str().unwrap_or_default()
        ),
        None => format!("no answer ({})", reply.fault),
    }
}

fn chain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
