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

const FIREBASE_KEYS: &str = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";
const FIREBASE_ISSUER: &str = "https://securetoken.google.com/";
const GOOGLE: &str = "https://accounts.google.com";

/// Checks the bearer ID tokens of a Firebase project. Cheap to clone; clones share the keys.
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
    /// Makes a verifier for a project. `jwks_url` replaces the address of Google's keys; a verified e-mail must be of one
    /// of the domains, if there are any. Nothing is fetched yet.
    ///
    /// # Errors
    /// When the project id or the address is unacceptable, or the HTTP client cannot be made.
    pub fn firebase(
        project_id: &str,
        jwks_url: Option<Url>,
        allowed_email_domains: Vec<String>,
        clock: Clock,
    ) -> Result<Self, SetupError> {
        if !is_project(project_id) {
            return Err(SetupError::BadProject);
        }
        let address = jwks_url.or_else(|| Url::parse(FIREBASE_KEYS).ok());
        let address =
            address.filter(|address| web::is_secure(address, true)).ok_or(SetupError::BadAddress("the key set"))?;
        let http = web::http_client(&address)?;
        let issuer = format!("{FIREBASE_ISSUER}{project_id}");
        let rules = Rules { issuers: vec![issuer.clone()], audience: project_id.to_owned() };
        let keys = Keys::new(address, http, clock.clone());
        Ok(Self(Arc::new(Inner { issuer, rules, allowed_email_domains, keys, clock })))
    }

    /// Says who the token speaks for. Someone who signed in with Google is named as Google names them.
    ///
    /// # Errors
    /// One variant for each rule that is broken; [`Failure::is_outage`] when the keys cannot be had.
    pub async fn verify(&self, token: &str) -> Result<Identity, Failure> {
        let Inner { issuer, rules, allowed_email_domains, keys, clock } = &*self.0;
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
    firebase.get("identities")?.get("google.com")?.get(0)?.as_str()
}

fn is_project(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    (1..=100).contains(&id.len()) && id.chars().all(plain)
}
