//! What verifying a key results in.

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind};
use crate::api::{ApiScopeWords, KeyHeader, Slug};
use crate::closed_set;
use crate::command::RequiredScopes;
use crate::consumer::{ExternalId, Metadata};
use crate::environment::Environment;
use crate::id::{ActorId, KeyId};
use crate::moment::Moment;
use crate::scope::Permissions;

closed_set! {
    /// Why a key is valid or not.
    pub enum VerdictCode {
        /// It is valid and has the required scopes.
        Valid = "valid",
        /// There is no such key that the caller may know of.
        NotFound = "not_found",
        /// It was revoked, or its owner was removed.
        Revoked = "revoked",
        /// It has expired.
        Expired = "expired",
        /// Its owner, a service account or a consumer, is disabled or paused.
        Paused = "paused",
        /// It is not for this API, or the API is archived.
        WrongApi = "wrong_api",
        /// It is for the other environment.
        WrongEnvironment = "wrong_environment",
        /// The key, its owner or its API does not allow the IP address, or none was given.
        IpNotAllowed = "ip_not_allowed",
        /// It lacks a required scope.
        MissingScope = "missing_scope",
    }
}

/// The result of verifying a key. Without a key that the caller may know of, only `valid`, `code`
/// and `request_id` are present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Verdict {
    /// Whether the key may do what was asked.
    pub valid: bool,
    /// Why.
    #[cfg_attr(feature = "schema", schema(example = "valid", value_type = String))]
    pub code: VerdictCode,
    /// The ID of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = 2, value_type = Option<i64>, nullable = false))]
    pub key_id: Option<KeyId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(example = "CI/CD Pipeline", nullable = false)
    )]
    pub name: Option<String>,
    /// The API that it is for; absent for a key of Roundtable itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "orders", value_type = Option<String>, nullable = false))]
    pub api: Option<Slug>,
    /// The environment of its data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub environment: Option<Environment>,
    /// Its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub owner: Option<VerdictOwner>,
    /// What it may do, at its API or in Roundtable; `*` means everything that its role allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = json!(["workspaces:read"]), value_type = Option<Vec<String>>, nullable = false))]
    pub scopes: Option<GrantedScopes>,
    /// When it expires; absent for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>, nullable = false))]
    pub expires_at: Option<Moment>,
    /// The ID of the request, as in `x-request-id`.
    #[cfg_attr(feature = "schema", schema(example = "req_a1B2c3D4e5F6g7H8"))]
    pub request_id: String,
}

/// What a verified key may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GrantedScopes {
    /// In Roundtable.
    Roundtable(Permissions),
    /// At its API.
    Api(ApiScopeWords),
}

impl GrantedScopes {
    /// The words in one line.
    pub fn line(&self) -> String {
        match self {
            Self::Roundtable(permissions) => permissions.line(),
            Self::Api(words) => words.line(),
        }
    }
}

/// What a verdict says about a key.
#[derive(Clone, Debug)]
pub struct VerifiedKey {
    /// Its ID.
    pub key_id: KeyId,
    /// Its name.
    pub name: String,
    /// Its owner with the effective permissions of the key.
    pub actor: Actor,
    /// When it expires.
    pub expires_at: Option<Moment>,
    /// The API that it is for, unless it is a key of Roundtable itself.
    pub api: Option<VerifiedApi>,
    /// Whether the key, its owner and its API allow the IP address of the client.
    pub is_ip_allowed: bool,
}

/// The API that a verified key is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedApi {
    /// Its name in URLs.
    pub slug: Slug,
    /// The header that carries its keys.
    pub key_header: KeyHeader,
    /// Whether it is archived.
    pub is_archived: bool,
    /// Whether the gate signs an assertion for each request that passes.
    pub signs_assertions: bool,
    /// What the key may do there.
    pub scopes: ApiScopeWords,
    /// The consumer that owns the key, if one does.
    pub consumer: Option<(ExternalId, Metadata)>,
}

impl RequiredScopes {
    /// Whether an active key is what a request needs: it must be for the environment and for the
    /// API, allow the IP address of the client, and have each of the scopes. `actor` is its owner
    /// with the effective permissions of the key.
    pub fn verdict(
        &self,
        actor: &Actor,
        api: Option<&VerifiedApi>,
        environment: Environment,
        is_ip_allowed: bool,
    ) -> VerdictCode {
        let has_scopes = match (api, self) {
            (None, Self::Roundtable(scopes)) => actor
                .permissions
                .covers(Permissions::Only(*scopes)),
            (Some(api), Self::Api { slug, scopes }) if api.slug == *slug && !api.is_archived => {
                api.scopes.covers(scopes)
            }
            _ => return VerdictCode::WrongApi,
        };
        let is_in_environment = actor.environment == environment;
        match (is_in_environment, is_ip_allowed, has_scopes) {
            (false, _, _) => VerdictCode::WrongEnvironment,
            (true, false, _) => VerdictCode::IpNotAllowed,
            (true, true, false) => VerdictCode::MissingScope,
            (true, true, true) => VerdictCode::Valid,
        }
    }
}

/// The owner of a verified key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VerdictOwner {
    /// `member`, `service` or `consumer`.
    #[cfg_attr(feature = "schema", schema(example = "service", value_type = String))]
    pub kind: ActorKind,
    /// Its ID.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub id: ActorId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Deployment"))]
    pub name: String,
    /// Of a consumer: its ID in the organization's own systems.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "customer_42", value_type = Option<String>, nullable = false))]
    pub external_id: Option<ExternalId>,
    /// Of a consumer: what the organization notes about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = json!({ "plan": "pro" }), value_type = Option<Object>, nullable = false))]
    pub metadata: Option<Metadata>,
}

impl Verdict {
    /// There is no such key.
    pub fn not_found(request_id: &str) -> Self {
        Self {
            valid: false,
            code: VerdictCode::NotFound,
            key_id: None,
            name: None,
            api: None,
            environment: None,
            owner: None,
            scopes: None,
            expires_at: None,
            request_id: request_id.to_owned(),
        }
    }

    /// The verdict on a key that is refused for `refused`, or active, as
    /// [`RequiredScopes::verdict`].
    pub fn on(
        key: VerifiedKey,
        refused: Option<VerdictCode>,
        environment: Environment,
        required: &RequiredScopes,
        request_id: &str,
    ) -> Self {
        let code = refused.unwrap_or_else(|| {
            required.verdict(
                &key.actor,
                key.api.as_ref(),
                environment,
                key.is_ip_allowed,
            )
        });
        let actor = key.actor;
        let (api, scopes, consumer) = match key.api {
            Some(api) => (
                Some(api.slug),
                GrantedScopes::Api(api.scopes),
                api.consumer,
            ),
            None => (
                None,
                GrantedScopes::Roundtable(actor.permissions),
                None,
            ),
        };
        let (external_id, metadata) = consumer.unzip();
        Self {
            valid: code == VerdictCode::Valid,
            code,
            key_id: Some(key.key_id),
            name: Some(key.name),
            api,
            environment: Some(actor.environment),
            owner: Some(VerdictOwner {
                kind: actor.kind,
                id: actor.id,
                name: actor.name,
                external_id,
                metadata,
            }),
            scopes: Some(scopes),
            expires_at: key.expires_at,
            request_id: request_id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Role;
    use crate::scope::{Scope, ScopeSet};

    fn key(environment: Environment, permissions: Permissions) -> VerifiedKey {
        let actor = Actor {
            id: ActorId(14),
            organization: "org_a".parse().expect("an id"),
            kind: ActorKind::Service,
            name: "Deployment".into(),
            role: Role::Member,
            permissions,
            environment,
        };
        VerifiedKey {
            key_id: KeyId(2),
            name: "CI".into(),
            actor,
            expires_at: None,
            api: None,
            is_ip_allowed: true,
        }
    }

    fn key_for_orders(scopes: &str) -> VerifiedKey {
        let nothing = Permissions::Only(ScopeSet::EMPTY);
        VerifiedKey {
            api: Some(VerifiedApi {
                slug: "orders".parse().expect("a slug"),
                key_header: KeyHeader::Any,
                is_archived: false,
                signs_assertions: false,
                scopes: scopes.parse().expect("words"),
                consumer: None,
            }),
            ..key(Environment::Production, nothing)
        }
    }

    fn orders(scopes: &str) -> RequiredScopes {
        RequiredScopes::Api {
            slug: "orders".parse().expect("a slug"),
            scopes: scopes.parse().expect("words"),
        }
    }

    fn code(
        key: VerifiedKey,
        refused: Option<VerdictCode>,
        required: &RequiredScopes,
    ) -> VerdictCode {
        let verdict = Verdict::on(
            key,
            refused,
            Environment::Production,
            required,
            "req_1",
        );
        assert_eq!(verdict.valid, verdict.code == VerdictCode::Valid);
        verdict.code
    }

    // D39
    #[test]
    fn the_ip_address_counts_after_the_environment_and_before_scopes() {
        let elsewhere = |environment| VerifiedKey {
            is_ip_allowed: false,
            ..key(environment, Permissions::Only(ScopeSet::EMPTY))
        };
        let read = RequiredScopes::Roundtable(ScopeSet::of([Scope::WorkspacesRead]));
        let (here, test) = (Environment::Production, Environment::Test);
        for (key, refused, required, expected) in [
            (
                elsewhere(here),
                None,
                &read,
                VerdictCode::IpNotAllowed,
            ),
            (
                elsewhere(test),
                None,
                &read,
                VerdictCode::WrongEnvironment,
            ),
            (
                elsewhere(here),
                None,
                &orders(""),
                VerdictCode::WrongApi,
            ),
            (
                elsewhere(here),
                Some(VerdictCode::Expired),
                &read,
                VerdictCode::Expired,
            ),
        ] {
            assert_eq!(code(key, refused, required), expected);
        }
    }

    #[test]
    fn state_counts_before_environment_and_environment_before_scopes() {
        let none = Permissions::Only(ScopeSet::EMPTY);
        let (here, test) = (Environment::Production, Environment::Test);
        let read = RequiredScopes::Roundtable(ScopeSet::of([Scope::WorkspacesRead]));
        let code =
            |environment, permissions, refused| code(key(environment, permissions), refused, &read);
        assert_eq!(
            code(here, Permissions::Everything, None),
            VerdictCode::Valid
        );
        assert_eq!(code(here, none, None), VerdictCode::MissingScope);
        assert_eq!(code(test, none, None), VerdictCode::WrongEnvironment);
        let revoked = Some(VerdictCode::Revoked);
        assert_eq!(code(test, none, revoked), VerdictCode::Revoked);
    }

    // D33: a key of Roundtable never passes for an API, nor the other way round.
    #[test]
    fn a_key_is_only_for_its_api() {
        let everything = key(Environment::Production, Permissions::Everything);
        let nothing = RequiredScopes::Roundtable(ScopeSet::EMPTY);
        assert_eq!(
            code(everything.clone(), None, &nothing),
            VerdictCode::Valid
        );
        assert_eq!(
            code(everything, None, &orders("")),
            VerdictCode::WrongApi
        );

        let orders_key = key_for_orders("orders:read");
        assert_eq!(
            code(orders_key.clone(), None, &nothing),
            VerdictCode::WrongApi
        );
        assert_eq!(
            code(orders_key.clone(), None, &orders("")),
            VerdictCode::Valid
        );
        assert_eq!(
            code(orders_key.clone(), None, &orders("orders:read")),
            VerdictCode::Valid
        );
        assert_eq!(
            code(
                orders_key.clone(),
                None,
                &orders("orders:read orders:write")
            ),
            VerdictCode::MissingScope
        );
        let other = RequiredScopes::Api {
            slug: "billing".parse().expect("a slug"),
            scopes: ApiScopeWords::default(),
        };
        assert_eq!(
            code(orders_key.clone(), None, &other),
            VerdictCode::WrongApi
        );
        let archived = orders_key.api.clone().map(|api| VerifiedApi {
            is_archived: true,
            ..api
        });
        let archived = VerifiedKey {
            api: archived,
            ..orders_key
        };
        assert_eq!(
            code(archived, None, &orders("")),
            VerdictCode::WrongApi
        );
    }
}
