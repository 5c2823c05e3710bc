//! Verification of the bearer ID tokens of a Firebase project.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use crate::{
    Clock, Failure, Identity, SetupError,
    claims::{self, Rules},
    identity,
    keys::Keys,
    token::Unverified,
    web,
};

const FIREBASE_KEYS: &str =
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";
const FIREBASE_ISSUER: &str = "https://securetoken.google.com/";
const GOOGLE: &str = "https://accounts.google.com";

/// Verifies the bearer ID tokens of a Firebase project. Cheap to clone. Clones share the cached
/// keys.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    issuer: String,
    rules: Rules,
    allowed_email_domains: Vec<String>,
    keys: Keys,
    clock: Clock,
}

impl Verifier {
    /// Creates a verifier for a project. `jwks_url` replaces the URL of Google's keys. If there are
    /// domains, a verified email must be in one of them. Nothing is fetched yet.
    ///
    /// # Errors
    /// If the project ID or the URL is invalid, or the HTTP client cannot be created.
    pub fn firebase(
        project_id: &str,
        jwks_url: Option<Url>,
        allowed_email_domains: Vec<String>,
        clock: Clock,
    ) -> Result<Self, SetupError> {
        if !is_project(project_id) {
            return Err(SetupError::BadProject);
        }
        let url = jwks_url.or_else(|| Url::parse(FIREBASE_KEYS).ok());
        let url = url
            .filter(|url| web::is_secure(url, true))
            .ok_or(SetupError::BadUrl("the key set"))?;
        let http = web::http_client(&url)?;
        let issuer = format!("{FIREBASE_ISSUER}{project_id}");
        let rules = Rules {
            issuers: vec![issuer.clone()],
            audience: project_id.to_owned(),
        };
        let keys = Keys::new(url, http, clock.clone());
        Ok(Self(Arc::new(Inner {
            issuer,
            rules,
            allowed_email_domains,
            keys,
            clock,
        })))
    }

    /// Verifies a token. A user who has signed in with Google gets the issuer and the subject of
    /// Google.
    ///
    /// # Errors
    /// One variant for each check. [`Failure::is_outage`] if the keys cannot be fetched.
    pub async fn verify(&self, token: &str) -> Result<Identity, Failure> {
        let Inner {
            issuer,
            rules,
            allowed_email_domains,
            keys,
            clock,
        } = &*self.0;
        let claims = keys.verify(&Unverified::read(token)?).await?;
        let now_seconds = clock().div_euclid(1000);
        rules.check(&claims, now_seconds)?;
        let signed_in_at = claims::required_auth_time(&claims, now_seconds)?;
        let (issuer, subject) = match google_subject(&claims) {
            Some(subject) => (GOOGLE, claims::usable_subject(subject)?),
            None => (issuer.as_str(), claims::subject(&claims)?),
        };
        let identity = Identity {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            email: identity::verified_email(&claims),
            name: identity::shown_name(&claims),
            signed_in_at: Some(signed_in_at),
        };
        identity.check_email_domain(allowed_email_domains)?;
        Ok(identity)
    }
}

fn google_subject(claims: &Map<String, Value>) -> Option<&str> {
    let firebase = claims.get("firebase")?;
    if firebase.get("sign_in_provider")? != "google.com" {
        return None;
    }
    firebase
        .get("identities")?
        .get("google.com")?
        .get(0)?
        .as_str()
}

fn is_project(id: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    (1..=100).contains(&id.len()) && id.chars().all(is_allowed)
}
