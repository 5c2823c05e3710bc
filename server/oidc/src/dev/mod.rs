//! The development identity provider: an OpenID provider that asks for no password and is available
//! on loopback only.

mod codes;
mod form;
mod guard;
mod page;
mod routes;

use std::sync::{Arc, Mutex};

use axum::{
    Router, middleware,
    routing::{get, post},
};
use url::Url;

use crate::{Clock, Random, SetupError, signing::SigningKey, web};
use codes::Codes;

/// A user to choose on the page of the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The subject of the ID token.
    pub subject: String,
    /// The display name.
    pub name: String,
    /// The email, which the ID token reports as verified.
    pub email: String,
    /// A description, for example "Owner of Acme". It may be empty.
    pub note: String,
}

/// The development identity provider. Mount [`DevProvider::router`] at the path of the issuer.
pub struct DevProvider {
    issuer: String,
    path: String,
    client_id: String,
    redirect_uri: Url,
    people: Vec<Person>,
    stylesheet: Option<String>,
    clock: Clock,
    random: Random,
    key: SigningKey,
    codes: Mutex<Codes>,
}

impl DevProvider {
    /// Creates the provider and its RSA key. `stylesheet` is the URL of the CSS file of the page.
    ///
    /// # Errors
    /// If the issuer is not a plain URL on loopback, or the key cannot be generated.
    pub fn new(
        issuer: &Url,
        client_id: String,
        redirect_uri: Url,
        people: Vec<Person>,
        stylesheet: Option<String>,
        clock: Clock,
        random: Random,
    ) -> Result<Self, SetupError> {
        if !web::is_loopback(issuer) {
            return Err(SetupError::NotLoopback);
        }
        if !web::is_secure(issuer, true) || issuer.query().is_some() {
            return Err(SetupError::BadUrl("the issuer"));
        }
        Ok(Self {
            issuer: issuer.as_str().trim_end_matches('/').to_owned(),
            path: issuer.path().trim_end_matches('/').to_owned(),
            client_id,
            redirect_uri,
            people,
            stylesheet,
            clock,
            random,
            key: SigningKey::new("development"),
            codes: Mutex::default(),
        })
    }

    /// The issuer in the ID tokens, without a slash at the end.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The users to choose from.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The pages and endpoints of the provider, with paths relative to the issuer. Requests from
    /// other machines are rejected if the server provides `ConnectInfo<SocketAddr>`.
    pub fn router(self) -> Router {
        Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(routes::configuration),
            )
            .route("/authorize", get(routes::choose).post(routes::chosen))
            .route("/token", post(routes::token))
            .route("/jwks", get(routes::jwks))
            .layer(middleware::from_fn(guard::local_only))
            .with_state(Arc::new(self))
    }
}
