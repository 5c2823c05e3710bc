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
    /// What is known of the key.
    #[serde(flatten)]
    pub key: Option<VerifiedKey>,
    /// The ID of the request, as in `x-request-id`.
    #[cfg_attr(feature = "schema", schema(example = "req_a1B2c3D4e5F6g7H8"))]
    pub request_id: String,
}

/// What a verdict says about a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VerifiedKey {
    /// Its ID.
    #[cfg_attr(feature = "schema", schema(example = 2, value_type = i64))]
    pub key_id: KeyId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "CI/CD Pipeline"))]
    pub name: String,
    /// The environment of its data.
    pub environment: Environment,
    /// Its owner.
    pub owner: VerdictOwner,
    /// What it may do; `*` means everything that its role allows.
    #[cfg_attr(feature = "schema", schema(example = json!(["workspaces:read"]), value_type = Vec<String>))]
    pub scopes: Permissions,
    /// When it expires; null for never.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>))]
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

impl VerifiedKey {
    /// A key of this actor, who has its effective permissions.
    pub fn of(key_id: KeyId, name: &str, actor: &Actor, expires_at: Option<Moment>) -> Self {
        Self {
            key_id,
            name: name.to_owned(),
            environment: actor.environment,
            owner: VerdictOwner {
                kind: actor.kind,
                id: actor.id,
                name: actor.name.clone(),
            },
            scopes: actor.permissions,
            expires_at,
        }
    }
}

impl Verdict {
    /// There is no such key.
    pub fn not_found(request_id: &str) -> Self {
        Self {
            valid: false,
            code: VerdictCode::NotFound,
            key: None,
            request_id: request_id.to_owned(),
        }
    }

    /// The verdict on a key that is active or refused for `refused`: a test key is not valid in
    /// production, and each of these scopes is required.
    pub fn on(
        key: VerifiedKey,
        refused: Option<VerdictCode>,
        environment: Environment,
        scopes: ScopeSet,
        request_id: &str,
    ) -> Self {
        let code = refused.unwrap_or_else(|| {
            if key.environment != environment {
                VerdictCode::WrongEnvironment
            } else if !key.scopes.covers(Permissions::Only(scopes)) {
                VerdictCode::MissingScope
            } else {
                VerdictCode::Valid
            }
        });
        Self {
            valid: code == VerdictCode::Valid,
            code,
            key: Some(key),
            request_id: request_id.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;

    fn key(environment: Environment, scopes: Permissions) -> VerifiedKey {
        VerifiedKey {
            key_id: KeyId(2),
            name: "CI".into(),
            environment,
            owner: VerdictOwner {
                kind: ActorKind::Service,
                id: ActorId(14),
                name: "Deployment".into(),
            },
            scopes,
            expires_at: None,
        }
    }

    fn code(
        environment: Environment,
        scopes: Permissions,
        refused: Option<VerdictCode>,
    ) -> VerdictCode {
        let required = ScopeSet::of([Scope::WorkspacesRead]);
        let verdict = Verdict::on(
            key(environment, scopes),
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
        assert_eq!(code(here, Permissions::Everything, None), VerdictCode::Valid);
        assert_eq!(code(here, none, None), VerdictCode::MissingScope);
        assert_eq!(code(test, none, None), VerdictCode::WrongEnvironment);
        let revoked = Some(VerdictCode::Revoked);
        assert_eq!(code(test, none, revoked), VerdictCode::Revoked);
    }
}
