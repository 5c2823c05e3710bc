//! What is shown of keys.

use serde::{Deserialize, Serialize};

use super::KeyUsage;
use crate::actor::Role;
use crate::attention::{Attention, Facts};
use crate::environment::Environment;
use crate::id::{ActorId, KeyId};
use crate::key::{KeyStatus, RevokeReason, SOON_DAYS, UNUSED_DAYS};
use crate::moment::Moment;
use crate::scope::Permissions;

/// A key, as it is listed. Neither the key nor a hash of it is ever in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = KeyBody))]
pub struct KeyView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = 1, value_type = i64))]
    pub key_id: KeyId,
    /// The actor it belongs to.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub actor_id: ActorId,
    /// That actor's name.
    #[cfg_attr(feature = "schema", schema(example = "rootsbuilder"))]
    pub actor_name: String,
    /// Its public leading part.
    #[cfg_attr(feature = "schema", schema(example = "rt_sk_Ab3dE9xQ"))]
    pub key_prefix: String,
    /// Its masked form.
    #[cfg_attr(feature = "schema", schema(example = "rt_sk_****************************a1b2"))]
    pub preview: String,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "CI/CD Pipeline"))]
    pub label: String,
    /// Where its data lives.
    pub environment: Environment,
    /// What it may do; `*` means all that its role allows, nothing means nothing.
    #[cfg_attr(feature = "schema", schema(example = json!(["*"]), value_type = Vec<String>))]
    pub scopes: Permissions,
    /// The most it may ever do.
    pub role: Role,
    /// Whether it has neither ended by itself nor been revoked. The keys of a removed member and of a disabled service
    /// account are refused all the same.
    pub is_active: bool,
    /// When it was made; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who made it; null when the caller may not see it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: Option<String>,
    /// When a request last passed with it, true to the minute; null before the first.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-10T00:45:23Z", format = DateTime, value_type = Option<String>))]
    pub last_used: Option<Moment>,
    /// When it ends by itself; null for never.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>))]
    pub expires_at: Option<Moment>,
    /// When it was revoked; null while it was not.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>))]
    pub revoked_at: Option<Moment>,
}

impl KeyView {
    /// Whether it is active for production.
    pub fn opens_production(&self) -> bool {
        self.is_active && self.environment == Environment::Production
    }

    /// Whether revoking it will be noticed: an active production key that was used in the last 7 days.
    pub fn will_be_missed(&self, now: Moment) -> bool {
        self.opens_production() && self.was_used_recently(now)
    }

    /// Whether a request passed with it in the last 7 days.
    pub fn was_used_recently(&self, now: Moment) -> bool {
        self.last_used.is_some_and(|used| now.seconds_since(used) < 7 * 86_400)
    }
}

/// A key with where it comes from and where it was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = KeyLineBody))]
pub struct KeyLine {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "the fields are described where they are flattened from")]
    pub key: KeyView,
    /// Why it was revoked.
    #[cfg_attr(feature = "schema", schema(example = "replaced", value_type = Option<String>))]
    pub revoke_reason: Option<RevokeReason>,
    /// The key it took the place of.
    #[cfg_attr(feature = "schema", schema(value_type = Option<i64>))]
    pub rotated_from: Option<KeyId>,
    /// The key that took its place.
    #[cfg_attr(feature = "schema", schema(value_type = Option<i64>))]
    pub rotated_to: Option<KeyId>,
    /// When it was first seen in an address, where logs keep it; replace it.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>))]
    pub exposed_at: Option<Moment>,
    /// The address of the last request that passed with it.
    #[cfg_attr(feature = "schema", schema(example = "203.0.113.7"))]
    pub last_used_address: Option<String>,
    /// The user agent of that request.
    #[cfg_attr(feature = "schema", schema(example = "curl/8.14.1"))]
    pub last_used_agent: Option<String>,
}

impl KeyLine {
    /// The one status that a list shows: the most severe that applies.
    pub fn status(&self, now: Moment) -> KeyStatus {
        let key = &self.key;
        let long_ago = now.plus_seconds(-UNUSED_DAYS * 86_400);
        match (key.revoked_at, key.is_active, self.exposed_at, key.expires_at) {
            (Some(_), ..) => KeyStatus::Revoked,
            (None, false, ..) => KeyStatus::Expired,
            (_, _, Some(_), _) => KeyStatus::Exposed,
            (.., Some(at)) if self.rotated_to.is_some() => KeyStatus::Rotated(at),
            (.., Some(at)) if at.seconds_since(now) < SOON_DAYS * 86_400 => KeyStatus::ExpiresSoon(at),
            _ if key.last_used.unwrap_or(key.created_at) < long_ago => KeyStatus::Unused,
            _ => KeyStatus::Active,
        }
    }

    /// Why it needs attention; an inactive key needs none.
    pub fn attention(&self, now: Moment) -> Option<Attention> {
        let key = &self.key;
        let facts = Facts {
            created_at: key.created_at,
            last_used: key.last_used,
            expires_at: key.expires_at,
            is_exposed: self.exposed_at.is_some(),
            has_successor: self.rotated_to.is_some(),
        };
        if key.is_active { Attention::of(&facts, now) } else { None }
    }
}

/// A key in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = KeyDetailBody))]
pub struct KeyDetail {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "the fields are described where they are flattened from")]
    pub line: KeyLine,
    /// Public half of the key pair derived from the key, in hex.
    pub public_key_hex: String,
    /// How it was used.
    pub usage: KeyUsage,
}

/// A key immediately after its creation; the only view that contains the key itself.
pub struct NewKey {
    /// What later requests see of it.
    pub view: KeyView,
    /// The key, which is shown once.
    pub plain: crate::token::PlainKey,
    /// Public half of the key pair derived from the key, lower-case hex.
    pub public_key_hex: String,
}

/// The result of revoking a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The key, as it is now.
    pub view: KeyView,
    /// Why it was revoked.
    pub reason: RevokeReason,
    /// False when it had been revoked before (D25).
    pub fresh: bool,
}

/// The result of rotating a key.
pub struct Rotated {
    /// The successor.
    pub new: NewKey,
    /// How many messages and notes can no longer be read: they are sealed to the old key.
    pub messages_orphaned: i64,
    /// When the old key expires; the time of the rotation if there is no overlap.
    pub old_ends_at: Moment,
}
