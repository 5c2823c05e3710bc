//! Calls of the API from outside.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;

use crate::Outcome;
use crate::program::{Program, SETUP_TOKEN};

/// The longest that any answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back: a status and a body, or nothing.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// Its JSON, or null.
    pub body: Value,
    /// What kept the answer away.
    pub fault: String,
}

impl Reply {
    /// Whether the call was answered with success.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// A number of the body.
    pub fn number(&self, field: &str) -> i64 {
        self.body[field].as_i64().unwrap_or_default()
    }

    /// A text of the body.
    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_default().to_owned()
    }
}

/// An installation as a caller sees it.
#[derive(Clone)]
pub struct Api {
    http: Client,
    url: String,
}

/// The owner of an installation.
#[derive(Clone, Default)]
pub struct Owner {
    /// The key, with the power of an owner.
    pub key: String,
}

/// A client that follows nothing and asks no proxy.
///
/// # Errors
/// When it cannot be made.
pub fn client() -> Outcome<Client> {
    Ok(Client::builder()
        .no_proxy()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()?)
}

impl Api {
    /// Callers of an installation, with connections of their own.
    ///
    /// # Errors
    /// When there is no client to be had.
    pub fn of(program: &Program) -> Outcome<Self> {
        Ok(Self { http: client()?, url: program.url() })
    }

    /// One call; an empty credential is none.
    pub async fn call(&self, method: Method, path: &str, credential: &str, body: Value) -> Reply {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !credential.is_empty() {
            request = request.bearer_auth(credential);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        match request.send().await {
            Err(error) => Reply { status: None, body: Value::Null, fault: chain(&error) },
            Ok(answer) => {
                let status = answer.status().as_u16();
                let read = answer.bytes().await;
                match read {
                    Err(error) => Reply { status: None, body: Value::Null, fault: chain(&error) },
                    Ok(bytes) => {
                        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                        Reply { status: Some(status), body, fault: String::new() }
                    }
                }
            }
        }
    }

    /// As [`Api::call`], for what must succeed.
    ///
    /// # Errors
    /// With the answer, if it is another.
    pub async fn must(&self, method: Method, path: &str, credential: &str, body: Value) -> Outcome<Reply> {
        let reply = self.call(method.clone(), path, credential, body).await;
        if reply.is_success() { Ok(reply) } else { Err(format!("{method} {path}: {}", told(&reply)).into()) }
    }

    /// The status that a key gets, or none.
    pub async fn tried(&self, key: &str) -> Option<u16> {
        self.call(Method::GET, "/api/v1/me", key, Value::Null).await.status
    }

    /// Sets an empty installation up.
    ///
    /// # Errors
    /// When it cannot be.
    pub async fn found(&self) -> Outcome<Owner> {
        let body = serde_json::json!({
            "setup_token": SETUP_TOKEN, "organization": "Acme", "name": "Olivia Owens", "email": OLIVIA,
        });
        let made = self.must(Method::POST, "/api/v1/bootstrap", "", body).await?;
        Ok(Owner { key: made.text("api_key") })
    }

    /// The address of a path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The client that calls.
    pub const fn http(&self) -> &Client {
        &self.http
    }
}

/// The owner's e-mail address.
pub const OLIVIA: &str = "olivia@acme.example";

/// An answer in a few words.
pub fn told(reply: &Reply) -> String {
    match reply.status {
        Some(status) => format!("{status} {}", reply.body["code"].as_str().unwrap_or_default()),
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
