//! Calls to the API as the person who is signed in.

use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::{Client, Method, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::arguments::GlobalArguments;
use crate::credentials::{CredentialStore, Credentials, Place, lock};
use crate::failure::{Failure, FailureKind};
use crate::http::{self, FieldNames};
use crate::profile::Profile;
use crate::sign_in::oauth;

/// An access token that expires sooner than this is refreshed first; in seconds.
const MIN_REMAINING_SECONDS: i64 = 60;
/// The organization to act in.
const X_ORGANIZATION: &str = "x-organization";
/// Makes a repeated request have the effect of one.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Where the token of the calls comes from.
pub enum TokenSource {
    /// Standard input or the environment; it is not stored.
    Given,
    /// A sign-in.
    Stored(Place),
}

/// The installation, and who is signed in there.
pub struct Session {
    client: Client,
    /// The installation.
    pub installation: Url,
    /// The settings.
    pub profile: Profile,
    organization: Option<String>,
    given: Option<Zeroizing<String>>,
}

impl Session {
    /// Reads the settings and the arguments, except for the organization of the arguments. Sends no
    /// request yet.
    pub fn open(arguments: &GlobalArguments) -> Result<Self, Failure> {
        let profile = Profile::load()?;
        let installation = profile.installation(arguments.url.as_ref())?;
        // The organization of the settings belongs to their installation.
        let is_same = profile.url.as_deref() == Some(key_of(&installation).as_str());
        let chosen = profile.org.clone().filter(|_| is_same);
        Ok(Self {
            client: http::client()?,
            organization: chosen,
            given: given_token(arguments)?,
            installation,
            profile,
        })
    }

    /// The store of the sign-ins.
    pub fn store(&self) -> CredentialStore {
        CredentialStore::new(self.profile.store())
    }

    /// The name of the installation in the store.
    pub fn key(&self) -> String {
        key_of(&self.installation)
    }

    /// The HTTP client.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The organization that calls act in, if it was chosen.
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    /// Lets calls act in an organization.
    pub fn act_in(&mut self, organization: &str) {
        self.organization = Some(organization.to_owned());
    }

    /// Where the token of the calls comes from.
    pub fn source(&self) -> Result<TokenSource, Failure> {
        if self.given.is_some() {
            return Ok(TokenSource::Given);
        }
        let (_, place) = self.sign_in()?;
        Ok(TokenSource::Stored(place))
    }

    /// Gets an object.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let response = self.call(Method::GET, path, None).await?;
        json(response).await
    }

    /// Sends an object. The effect is that of one request, also if it has to be repeated.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        let response = self.call(Method::POST, path, Some(body)).await?;
        json(response).await
    }

    /// Deletes an object.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let response = self.call(Method::DELETE, path, None).await?;
        json(response).await
    }

    /// Sends a request, and gives the answer unless it is a problem.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        let response = self.send(method, path, body).await?;
        http::accepted(response, FieldNames::OfOptions).await
    }

    /// Sends a request, and gives any answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        let url = http::address(&self.installation, path)?;
        let token = self.token().await?;
        // Only operations that take an idempotency key ignore the repetition.
        let idempotency_key = (method == Method::POST && is_creation(path)).then(random_word);
        let may_repeat = http::is_repeatable(&method) || idempotency_key.is_some();
        let request = || {
            let mut request = self
                .client
                .request(method.clone(), url.clone())
                .bearer_auth(token.as_str());
            if let Some(organization) = &self.organization {
                request = request.header(X_ORGANIZATION, organization);
            }
            if let Some(key) = &idempotency_key {
                request = request.header(IDEMPOTENCY_KEY, key);
            }
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        http::send(request, may_repeat).await
    }

    /// The stored sign-in, and where it is.
    fn sign_in(&self) -> Result<(Credentials, Place), Failure> {
        let key = self.key();
        self.store()
            .find(&key)?
            .ok_or_else(|| Failure::not_signed_in(&key))
    }

    /// A token that is valid for a while.
    async fn token(&self) -> Result<Zeroizing<String>, Failure> {
        if let Some(token) = &self.given {
            return Ok(token.clone());
        }
        let (found, _) = self.sign_in()?;
        if lasts(&found) {
            return Ok(Zeroizing::new(found.access_token.clone()));
        }
        self.refresh().await
    }

    /// Refreshes the sign-in. Another command that does the same is waited for, and then there is
    /// nothing left to do.
    async fn refresh(&self) -> Result<Zeroizing<String>, Failure> {
        let locked = tokio::task::spawn_blocking(lock)
            .await
            .map_err(|error| Failure::new(FailureKind::Failed, error.to_string()))??;
        let (found, _) = self.sign_in()?;
        if lasts(&found) {
            return Ok(Zeroizing::new(found.access_token.clone()));
        }
        let refreshed =
            oauth::refresh(&self.client, &self.installation, &found.refresh_token).await?;
        self.store().save(&self.key(), &refreshed)?;
        drop(locked);
        Ok(Zeroizing::new(refreshed.access_token.clone()))
    }
}

/// How an installation is called in the settings and in the store.
pub fn key_of(installation: &Url) -> String {
    installation
        .as_str()
        .trim_end_matches('/')
        .to_owned()
}

/// The operations that create something of which a second one would be a mistake.
fn is_creation(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path == "/api/v1/keys" || path.ends_with("/rotate") || path.ends_with("/keys")
}

fn lasts(credentials: &Credentials) -> bool {
    credentials.expires_at - now() > MIN_REMAINING_SECONDS
}

/// The time now, in Unix seconds.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line has no runtime: its only clock is that of the system"
)]
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs().cast_signed())
}

/// A random word of 256 bits, in base64url.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line has no runtime: its only generator is that of the system"
)]
pub fn random_word() -> String {
    use base64::Engine as _;

    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// The token on standard input, or in `ROUNDTABLE_TOKEN`.
fn given_token(arguments: &GlobalArguments) -> Result<Option<Zeroizing<String>>, Failure> {
    let text = if arguments.token_stdin {
        let mut text = Zeroizing::new(String::new());
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| {
                Failure::new(FailureKind::Usage, format!("standard input: {error}"))
            })?;
        Some(text)
    } else {
        std::env::var("ROUNDTABLE_TOKEN")
            .ok()
            .map(Zeroizing::new)
    };
    let token = text
        .map(|text| Zeroizing::new(text.trim().to_owned()))
        .filter(|token| !token.is_empty());
    match &token {
        None if arguments.token_stdin => Err(Failure::new(
            FailureKind::Usage,
            "Standard input contains no token.",
        )),
        Some(token) if token.starts_with("rt_") => Err(Failure::new(
            FailureKind::Usage,
            "This is an API key. These commands act as a person, and need an access token.",
        )),
        _ => Ok(token),
    }
}

async fn json<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    response.json().await.map_err(Failure::unreadable)
}
