//! Users who sign in through the development identity provider like a browser.

use reqwest::Method;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::Outcome;
use crate::api::Api;
use crate::load::Key;

/// A browser with its cookies.
pub struct Browser<'a> {
    api: &'a Api,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    /// A browser with a signed-in user.
    ///
    /// # Errors
    /// If the sign-in fails.
    pub async fn signed_in(api: &'a Api, email: &str, name: &str) -> Outcome<Self> {
        let mut browser = Self {
            api,
            cookies: Vec::new(),
        };
        let asked = browser
            .go(
                Method::GET,
                &api.at("/sign-in/start?return_to=%2F"),
                None,
            )
            .await?;
        let provider = Url::parse(&asked)?;
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(provider.query_pairs())
            .append_pair("email", email)
            .append_pair("name", name)
            .finish();
        let mut chosen = provider.clone();
        chosen.set_query(None);
        let back = browser
            .go(Method::POST, chosen.as_str(), Some(form))
            .await?;
        let landed = browser.go(Method::GET, &back, None).await?;
        if landed.contains("/sign-in") {
            return Err(format!("the sign-in of {email} ended at {landed}").into());
        }
        Ok(browser)
    }

    /// Requests an API token.
    ///
    /// # Errors
    /// If no token is issued.
    pub async fn token(&self) -> Outcome<String> {
        match self.asked_for_token().await? {
            (200, body) => Ok(body["token"]
                .as_str()
                .unwrap_or_default()
                .to_owned()),
            (status, body) => Err(format!("POST /api/v1/token: {status} {body}").into()),
        }
    }

    /// The response to a token request. An active session gets a token.
    ///
    /// # Errors
    /// If there is no response.
    pub async fn asked_for_token(&self) -> Outcome<(u16, Value)> {
        let request = self
            .api
            .http()
            .post(self.api.at("/api/v1/token?force=true"));
        let answer = request
            .header(COOKIE, self.line())
            .header("sec-fetch-site", "same-origin")
            .send()
            .await?;
        let status = answer.status().as_u16();
        Ok((
            status,
            serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null),
        ))
    }

    /// A browser with the cookies of another.
    pub fn with(api: &'a Api, line: &str) -> Self {
        let pairs = line
            .split("; ")
            .filter_map(|pair| pair.split_once('='));
        Self {
            api,
            cookies: pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// Sends a request and returns the URL of the redirect.
    async fn go(&mut self, method: Method, address: &str, form: Option<String>) -> Outcome<String> {
        let mut request = self
            .api
            .http()
            .request(method, address)
            .header(COOKIE, self.line());
        request = request
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html");
        if let Some(form) = form {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form);
        }
        let answer = request.send().await?;
        for line in answer.headers().get_all(SET_COOKIE) {
            self.keep(line.to_str()?);
        }
        let location = answer
            .headers()
            .get(LOCATION)
            .map(|location| location.to_str().map(str::to_owned))
            .transpose()?;
        let location =
            location.ok_or_else(|| format!("{address} leads nowhere: {}", answer.status()))?;
        Ok(Url::parse(address)?.join(&location)?.to_string())
    }

    fn keep(&mut self, line: &str) {
        let pair = line.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else {
            return;
        };
        self.cookies
            .retain(|(known, _)| known != name.trim());
        if !value.is_empty() {
            self.cookies
                .push((name.trim().into(), value.into()));
        }
    }

    /// The `Cookie` header.
    pub fn line(&self) -> String {
        self.cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// A new user who accepts an invitation and creates a key.
pub struct Joiner {
    /// As a member.
    pub actor_id: i64,
    /// Their key.
    pub key: Key,
}

/// Invites a user as a member, signs them in, accepts the invitation and creates a key.
///
/// # Errors
/// If any step fails.
pub async fn join(api: &Api, owner: &str, name: &str) -> Outcome<Joiner> {
    join_as(api, owner, name, "member").await
}

/// As [`join`], with another role.
///
/// # Errors
/// If any step fails.
pub async fn join_as(api: &Api, owner: &str, name: &str, role: &str) -> Outcome<Joiner> {
    let email = format!("{name}@prove.example");
    let invited = api
        .must(
            Method::POST,
            "/api/v1/invitations",
            owner,
            json!({ "email": email, "role": role }),
        )
        .await?;
    let url = invited.text("url");
    let token = url.rsplit('/').next().unwrap_or_default();
    let person = Browser::signed_in(api, &email, name)
        .await?
        .token()
        .await?;
    api.must(
        Method::POST,
        "/api/v1/invitations/accept",
        &person,
        json!({ "token": token }),
    )
    .await?;
    let made = api
        .must(
            Method::POST,
            "/api/v1/keys",
            &person,
            json!({ "label": "of a joiner" }),
        )
        .await?;
    let key = Key {
        id: made.number("key_id").to_string(),
        secret: made.text("api_key"),
    };
    Ok(Joiner {
        actor_id: made.number("actor_id"),
        key,
    })
}
