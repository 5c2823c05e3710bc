//! What verifying a key results in.

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind};
use crate::closed_set;
use crate::environment::Environment;
use crate::id::{ActorId, KeyId};
use crate::moment::Moment;
use crate::scope::{Permissions, ScopeSet};

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
        /// Its owner, a service account, is disabled.
        Paused = "paused",
        /// It belongs to the other environment than the caller.
        WrongEnvironment = "wrong_environment",
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
    /// The environment of its data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub environment: Option<Environment>,
    /// Its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(nullable = false))]
    pub owner: Option<VerdictOwner>,
    /// What it may do; `*` means everything that its role allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = json!(["workspaces:read"]), value_type = Option<Vec<String>>, nullable = false))]
    pub scopes: Option<Permissions>,
    /// When it expires; absent for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>, nullable = false))]
    pub expires_at: Option<Moment>,
    /// The ID of the request, as in `x-request-id`.
    #[cfg_attr(feature = "schema", schema(example = "req_a1B2c3D4e5F6g7H8"))]
    pub request_id: String,
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
}

/// The owner of a verified key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VerdictOwner {
    /// `member` or `service`.
    #[cfg_attr(feature = "schema", schema(example = "service", value_type = String))]
    pub kind: ActorKind,
    /// Its ID.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub id: ActorId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Deployment"))]
    pub name: String,
}

impl Verdict {
    /// There is no such key.
    pub fn not_found(request_id: &str) -> Self {
        Self {
            valid: false,
            code: VerdictCode::NotFound,
            key_id: None,
            name: None,
            environment: None,
            owner: None,
            scopes: None,
            expires_at: None,
            request_id: request_id.to_owned(),
        }
    }

    /// The verdict on a key that is active or refused for `refused`: it must belong to this
    /// environment, and have each of these scopes.
    pub fn on(
        key: VerifiedKey,
        refused: Option<VerdictCode>,
        environment: Environment,
        scopes: ScopeSet,
        request_id: &str,
    ) -> Self {
        let actor = key.actor;
        let code = refused.unwrap_or_else(|| {
            if actor.environment != environment {
                VerdictCode::WrongEnvironment
            } else if !actor
                .permissions
                .covers(Permissions::Only(scopes))
            {
                VerdictCode::MissingScope
            } else {
                VerdictCode::Valid
            }
        });
        Self {
            valid: code == VerdictCode::Valid,
            code,
            key_id: Some(key.key_id),
            name: Some(key.name),
            environment: Some(actor.environment),
            owner: Some(VerdictOwner {
                kind: actor.kind,
                id: actor.id,
                name: actor.name,
            }),
            scopes: Some(actor.permissions),
            expires_at: key.expires_at,
            request_id: request_id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Role;
    use crate::scope::Scope;

    fn code(
        environment: Environment,
        permissions: Permissions,
        refused: Option<VerdictCode>,
    ) -> VerdictCode {
        let actor = Actor {
            id: ActorId(14),
            organization: "org_a".parse().expect("an id"),
            kind: ActorKind::Service,
            name: "Deployment".into(),
            role: Role::Member,
            permissions,
            environment,
        };
        let key = VerifiedKey {
            key_id: KeyId(2),
            name: "CI".into(),
            actor,
            expires_at: None,
        };
        let required = ScopeSet::of([Scope::WorkspacesRead]);
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

    #[test]
    fn state_counts_before_environment_and_environment_before_scopes() {
        let none = Permissions::Only(ScopeSet::EMPTY);
        let (here, test) = (Environment::Production, Environment::Test);
        assert_eq!(
            code(here, Permissions::Everything, None),
            VerdictCode::Valid
        );
        assert_eq!(code(here, none, None), VerdictCode::MissingScope);
        assert_eq!(code(test, none, None), VerdictCode::WrongEnvironment);
        let revoked = Some(VerdictCode::Revoked);
        assert_eq!(code(test, none, revoked), VerdictCode::Revoked);
    }
}
