//! Signed assertions (decision D36): what the gate says about a key, so that the protected API can
//! check that it was the gate that said so.
//!
//! The key that signs them is that of ID tokens. Their type differs, so that neither is accepted for
//! the other. The key is kept in memory for a minute, because the gate answers most requests
//! without reading the database.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use domain::api::Slug;
use domain::{ActorId, Environment, KeyId, Moment};
use serde_json::json;
use zeroize::Zeroizing;

use super::keys::Opened;
use crate::{Engine, Error, Result};

/// The type in the header (RFC 8725, 3.11).
const TYP: &str = "rt-assertion+jwt";
/// How long an assertion is valid.
const VALID_SECONDS: i64 = 60;
/// After this long the signing key is read again: another node may have replaced it. A replaced key
/// stays in the key set much longer.
const MAX_AGE: Duration = Duration::from_secs(60);

/// What signs assertions.
#[derive(Default)]
pub(crate) struct Assertions {
    issuer: OnceLock<Box<str>>,
    key: RwLock<Option<Arc<HeldKey>>>,
}

struct HeldKey {
    key: Opened,
    read_at: Duration,
}

/// What an assertion says about a request.
pub(crate) struct AssertionSubject<'a> {
    /// The API that the assertion is for.
    pub api: &'a Slug,
    /// The owner of the key.
    pub owner: ActorId,
    /// Of a consumer: its ID in the organization's own systems.
    pub external_id: Option<&'a str>,
    /// The scopes of the key, separated by spaces.
    pub scopes: String,
    /// The environment of the key.
    pub environment: Environment,
    /// The key.
    pub key: KeyId,
    /// The ID of the request, which no other request has.
    pub request_id: &'a str,
}

impl Engine {
    /// Sets the public URL of the installation, which is the issuer of assertions and a part of
    /// their audience. A second call has no effect.
    pub fn set_issuer(&self, public_url: &str) {
        let url = public_url.trim_end_matches('/');
        // It was set before: the routes of both addresses set the same.
        drop(self.assertions().issuer.set(url.into()));
    }

    /// Reads the key that signs assertions, or creates it, so that the key set has it before the
    /// first assertion.
    ///
    /// # Errors
    /// `Busy`.
    pub(crate) async fn prepare_assertions(&self) -> Result<()> {
        let read_at = self.runtime().elapsed();
        let key = self.signing_key().await?;
        *self
            .assertions()
            .key
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(HeldKey { key, read_at }));
        Ok(())
    }

    /// Signs an assertion. None if the signing key has to be read first, with
    /// [`Engine::prepare_assertions`].
    ///
    /// # Errors
    /// `Broken` without an issuer, or if the key does not sign.
    pub(crate) fn sign_assertion(
        &self,
        subject: &AssertionSubject<'_>,
    ) -> Result<Option<Zeroizing<String>>> {
        let now = self.runtime().elapsed();
        let held = self
            .assertions()
            .key
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .filter(|held| now.saturating_sub(held.read_at) <= MAX_AGE);
        let Some(held) = held else {
            return Ok(None);
        };
        let issuer = self.assertions().issuer.get();
        let issuer = issuer.ok_or_else(|| Error::Broken("assertions have no issuer".into()))?;
        let Moment(millis) = self.runtime().now();
        let issued_at = millis.div_euclid(1000);
        let mut claims = json!({
            "iss": issuer,
            "aud": format!("{issuer}/gate/{}", subject.api),
            "sub": subject.owner.to_string(),
            "scope": subject.scopes,
            "environment": subject.environment.as_str(),
            "key_id": subject.key.0,
            "jti": subject.request_id,
            "iat": issued_at,
            "exp": issued_at + VALID_SECONDS,
        });
        if let Some(external_id) = subject.external_id {
            claims["external_id"] = external_id.into();
        }
        held.key
            .key
            .token(TYP, &held.key.id, &claims)
            .map(Some)
    }
}
