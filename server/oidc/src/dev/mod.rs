//! A stand-in OpenID provider for a development installation, on loopback only. It asks nobody's password.

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

/// Someone who can be chosen on the stand-in's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The lasting name the ID token carries.
    pub subject: String,
    /// The name to show.
    pub name: String,
    /// The e-mail address, told as verified.
    pub email: String,
    /// A word on who this is, for instance "Owner of Acme"; may be empty.
    pub note: String,
}

/// The stand-in provider. Mount [`DevProvider::router`] at the path of the issuer.
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
    /// Makes the stand-in and its RSA key. `stylesheet` is the address of the page's style sheet.
    ///
    /// # Errors
    /// When the issuer is not on loopback, is no plain address, or no key can be made.
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
            return Err(SetupError::BadAddress("the issuer"));
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
            key: SigningKey::generate("stand-in").map_err(|_| SetupError::SigningKey)?,
            codes: Mutex::default(),
        })
    }

    /// The issuer as the ID tokens spell it, without a slash at the end.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The provider's pages and endpoints, with paths relative to the issuer. A peer off this machine is refused where
    /// the server around it gives `ConnectInfo<SocketAddr>`.
    pub fn router(self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(routes::configuration))
            .route("/authorize", get(routes::choose).post(routes::chosen))
            .route("/token", post(routes::token))
            .route("/jwks", get(routes::jwks))
            .layer(middleware::from_fn(guard::local_only))
            .with_state(Arc::new(self))
    }
}
