//! Views of keys.

use serde::{Deserialize, Serialize};

use super::{KeyApi, KeyUsage};
use crate::actor::Role;
use crate::attention::{Attention, Facts};
use crate::environment::Environment;
use crate::id::{ActorId, KeyId};
use crate::ip::IpBlocks;
use crate::key::{KeyStatus, RevokeReason, SOON_DAYS, UNUSED_DAYS};
use crate::moment::Moment;
use crate::scope::Permissions;
use crate::sealed::SealedCounts;

/// A key in a list. It never contains the key itself or a hash of it.
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
    /// Its public prefix.
    #[cfg_attr(feature = "schema", schema(example = "rt_sk_Ab3dE9xQ"))]
    pub key_prefix: String,
    /// Its masked form.
    #[cfg_attr(
        feature = "schema",
        schema(example = "rt_sk_****************************a1b2")
    )]
    pub preview: String,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "CI/CD Pipeline"))]
    pub label: String,
    /// The environment of its data.
    pub environment: Environment,
    /// Its scopes; `*` means everything that its role allows, and an empty list means nothing.
    #[cfg_attr(feature = "schema", schema(example = json!(["*"]), value_type = Vec<String>))]
    pub scopes: Permissions,
    /// The API that it is for; null for a key of Roundtable itself. A key for an API does nothing in
    /// Roundtable: its `scopes` are empty.
    pub api: Option<KeyApi>,
    /// The highest role that it can act with.
    pub role: Role,
    /// The IP addresses and blocks that it can be used from; empty for every address. Its owner
    /// and its API can have lists too, which must allow the address as well.
    #[cfg_attr(feature = "schema", schema(example = json!(["203.0.113.0/24"]), value_type = Vec<String>))]
    pub allowed_ips: IpBlocks,
    /// Whether it has neither expired nor been revoked. The keys of a removed member or a disabled
    /// service account are rejected nevertheless.
    pub is_active: bool,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who created it; null if the caller may not see it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: Option<String>,
    /// The actor that created it, for the dashboard; null if the caller may not see it.
    #[serde(skip)]
    pub creator_id: Option<ActorId>,
    /// When it last authenticated a request, to the minute; null if it was never used.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-10T00:45:23Z", format = DateTime, value_type = Option<String>))]
    pub last_used: Option<Moment>,
    /// When it expires; null for never.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>))]
    pub expires_at: Option<Moment>,
    /// When it was revoked; null if it was not revoked.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>))]
    pub revoked_at: Option<Moment>,
}

impl KeyView {
    /// Whether it is an active production key.
    pub fn opens_production(&self) -> bool {
        self.is_active && self.environment == Environment::Production
    }

    /// Whether revoking it is likely to break something: it is an active production key that was
    /// used in the last 7 days.
    pub fn will_be_missed(&self, now: Moment) -> bool {
        self.opens_production() && self.was_used_recently(now)
    }

    /// Whether it was used in the last 7 days.
    pub fn was_used_recently(&self, now: Moment) -> bool {
        self.last_used
            .is_some_and(|used| now.seconds_since(used) < 7 * 86_400)
    }
}

/// How many keys a list has, and where a page of it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyCount {
    /// The number of keys on all pages.
    pub total: i64,
    /// Whether there are more, which were not counted.
    pub has_more: bool,
    /// The number of keys before the first one of the page, at most `total`.
    pub before: i64,
}

/// A key with its predecessor, its successor and its last use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = KeyLineBody))]
pub struct KeyLine {
    #[serde(flatten)]
    #[expect(
        missing_docs,
        reason = "the fields are described where they are flattened from"
    )]
    pub key: KeyView,
    /// What it is for.
    #[cfg_attr(feature = "schema", schema(example = "Deploys the website from CI."))]
    pub description: Option<String>,
    /// Why it was revoked.
    #[cfg_attr(feature = "schema", schema(example = "replaced", value_type = Option<String>))]
    pub revoke_reason: Option<RevokeReason>,
    /// The key that it replaced.
    #[cfg_attr(feature = "schema", schema(value_type = Option<i64>))]
    pub rotated_from: Option<KeyId>,
    /// The key that replaced it.
    #[cfg_attr(feature = "schema", schema(value_type = Option<i64>))]
    pub rotated_to: Option<KeyId>,
    /// When it was first sent in a URL, which logs record; such a key should be replaced.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = Option<String>))]
    pub exposed_at: Option<Moment>,
    /// The IP address of the last request that it authenticated.
    #[cfg_attr(feature = "schema", schema(example = "203.0.113.7"))]
    pub last_used_address: Option<String>,
    /// The user agent of that request.
    #[cfg_attr(feature = "schema", schema(example = "curl/8.14.1"))]
    pub last_used_agent: Option<String>,
}

impl KeyLine {
    /// The status in a list: the most severe one that applies.
    pub fn status(&self, now: Moment) -> KeyStatus {
        let key = &self.key;
        let long_ago = now.plus_seconds(-UNUSED_DAYS * 86_400);
        match (
            key.revoked_at,
            key.is_active,
            self.exposed_at,
            key.expires_at,
        ) {
            (Some(_), ..) => KeyStatus::Revoked,
            (None, false, ..) => KeyStatus::Expired,
            (_, _, Some(_), _) => KeyStatus::Exposed,
            (.., Some(at)) if self.rotated_to.is_some() => KeyStatus::Rotated(at),
            (.., Some(at)) if at.seconds_since(now) < SOON_DAYS * 86_400 => {
                KeyStatus::ExpiresSoon(at)
            }
            _ if key.last_used.unwrap_or(key.created_at) < long_ago => KeyStatus::Unused,
            _ => KeyStatus::Active,
        }
    }

    /// Why it needs attention, if it does. An inactive key needs none.
    pub fn attention(&self, now: Moment) -> Option<Attention> {
        let key = &self.key;
        let facts = Facts {
            created_at: key.created_at,
            last_used: key.last_used,
            expires_at: key.expires_at,
            is_exposed: self.exposed_at.is_some(),
            has_successor: self.rotated_to.is_some(),
        };
        if key.is_active {
            Attention::of(&facts, now)
        } else {
            None
        }
    }
}

/// A key with its usage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = KeyDetailBody))]
pub struct KeyDetail {
    #[serde(flatten)]
    #[expect(
        missing_docs,
        reason = "the fields are described where they are flattened from"
    )]
    pub line: KeyLine,
    /// The public key of the key pair that is derived from the key, in hex.
    pub public_key_hex: String,
    /// Its usage.
    pub usage: KeyUsage,
}

/// A key after its creation. This is the only view that contains the key itself.
pub struct NewKey {
    /// The view that later requests return.
    pub view: KeyView,
    /// The key, which is shown only once.
    pub plain: crate::token::PlainKey,
    /// The public key of the key pair that is derived from the key, in lower-case hex.
    pub public_key_hex: String,
}

/// That no node lets a key pass any more, and that everything in flight with it has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Stopped {
    /// On how many nodes. A single server is one node.
    #[cfg_attr(feature = "schema", schema(example = 3))]
    pub nodes: usize,
    /// How long that took after the change was stored, in milliseconds.
    #[cfg_attr(feature = "schema", schema(example = 4))]
    pub took_ms: u64,
}

/// The result of revoking a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The revoked key.
    pub view: KeyView,
    /// Why it was revoked.
    pub reason: RevokeReason,
    /// False if it was already revoked (D25).
    pub fresh: bool,
    /// Where it has stopped.
    pub stopped: Stopped,
}

/// The result of rotating a key.
pub struct Rotated {
    /// The successor.
    pub new: NewKey,
    /// The items that became unreadable, because they are encrypted for the old key.
    pub orphaned: SealedCounts,
    /// When the old key expires; without a grace period, the time of the rotation.
    pub old_ends_at: Moment,
}
