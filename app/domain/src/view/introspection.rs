//! The response of token introspection (RFC 7662, 2.2).

use serde::{Deserialize, Serialize};

use super::Verdict;
use crate::api::Slug;
use crate::consumer::ExternalId;
use crate::environment::Environment;
use crate::id::KeyId;

/// What introspection says about a key. Of a key that may not act now, only `active` is present: the
/// caller does not learn whether it exists (RFC 7662, 2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Introspection {
    /// Whether the key is valid now.
    pub active: bool,
    /// Its scopes, separated by spaces; `*` means everything that its role allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(example = "runs:read runs:write", nullable = false)
    )]
    pub scope: Option<String>,
    /// The name of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "Deployment", nullable = false))]
    pub username: Option<String>,
    /// Always `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "Bearer", nullable = false))]
    pub token_type: Option<String>,
    /// When it expires, in seconds since 1970-01-01 UTC; absent for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = 1_798_761_600, nullable = false))]
    pub exp: Option<i64>,
    /// The ID of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "14", nullable = false))]
    pub sub: Option<String>,
    /// The API that it is for; absent for a key of Roundtable itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "orders", value_type = Option<String>, nullable = false))]
    pub aud: Option<Slug>,
    /// Of a consumer's key: the ID of the consumer in the organization's own systems.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "customer_42", value_type = Option<String>, nullable = false))]
    pub client_id: Option<ExternalId>,
    /// The ID of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = 2, value_type = Option<i64>, nullable = false))]
    pub key_id: Option<KeyId>,
    /// The environment of its data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub environment: Option<Environment>,
}

impl From<Verdict> for Introspection {
    fn from(verdict: Verdict) -> Self {
        let known = Some(verdict).filter(|verdict| verdict.valid);
        let Some(Verdict {
            key_id,
            api,
            environment,
            owner,
            scopes,
            expires_at,
            ..
        }) = known
        else {
            return Self::default();
        };
        let owner = owner.as_ref();
        Self {
            active: true,
            scope: scopes.map(|scopes| scopes.line()),
            username: owner.map(|owner| owner.name.clone()),
            token_type: Some("Bearer".into()),
            exp: expires_at.map(|end| end.0.div_euclid(1000)),
            sub: owner.map(|owner| owner.id.to_string()),
            aud: api,
            client_id: owner.and_then(|owner| owner.external_id.clone()),
            key_id,
            environment,
        }
    }
}
