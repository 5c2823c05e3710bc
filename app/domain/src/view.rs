//! What is shown: rows for pages and bodies for the API. A view holds nothing that its reader may not see.

use serde::{Deserialize, Serialize};

use crate::actor::{ActorKind, Role};
use crate::event::{Change, Happening};
use crate::id::{ActorId, ItemId, KeyId, OrganizationId, RunId, WorkspaceId};
use crate::key::{Environment, KeyStatus, RevokeReason, SOON_DAYS, UNUSED_DAYS};
use crate::moment::Moment;
use crate::scope::Permissions;

/// A key as its reader may see it (decision D13). Neither a digest nor a hash nor the key itself is in it (RO-08).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// Its id (RO-10).
    pub key_id: KeyId,
    /// Its owner (RO-11).
    pub actor_id: ActorId,
    /// Its owner's name (RO-12).
    pub actor_name: String,
    /// Its public leading part (RO-13).
    pub key_prefix: String,
    /// Its masked form (RK-16).
    pub preview: String,
    /// Its name (RO-14).
    pub label: String,
    /// Where its data lives.
    pub environment: Environment,
    /// What it may do; `*` means all that its role allows.
    pub scopes: Permissions,
    /// The most it may ever do: its owner's role when it was made.
    pub role: Role,
    /// Whether it opens doors now (RO-15).
    pub is_active: bool,
    /// When it was made (RO-16).
    pub created_at: Moment,
    /// Who made it; missing when the reader may not see it (KE-24).
    pub created_by: Option<String>,
    /// When a request last passed with it (RO-17).
    pub last_used: Option<Moment>,
    /// When it ends by itself (RO-18).
    pub expires_at: Option<Moment>,
    /// When it was ended.
    pub revoked_at: Option<Moment>,
}

impl KeyView {
    /// Whether a request passed with it in the last 7 days: ending it will be noticed.
    pub fn used_lately(&self, now: Moment) -> bool {
        self.last_used.is_some_and(|used| now.seconds_since(used) < 7 * 86_400)
    }
}

/// A key in a list, with what only pages and the key's own address show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    /// What every list shows.
    #[serde(flatten)]
    pub key: KeyView,
    /// Why it was revoked.
    pub revoke_reason: Option<RevokeReason>,
    /// The key it took the place of.
    pub rotated_from: Option<KeyId>,
    /// The key that took its place.
    pub rotated_to: Option<KeyId>,
    /// When it was first seen in an address.
    pub exposed_at: Option<Moment>,
    /// The address of the last request that passed with it.
    pub last_used_address: Option<String>,
    /// The user agent of that request.
    pub last_used_agent: Option<String>,
}

impl KeyLine {
    /// The one mark that a list shows: the worst that is true.
    pub fn status(&self, now: Moment) -> KeyStatus {
        let key = &self.key;
        let long_ago = now.plus_seconds(-UNUSED_DAYS * 86_400);
        match (key.revoked_at, key.is_active, self.exposed_at, key.expires_at) {
            (Some(_), ..) => KeyStatus::Revoked,
            (None, false, ..) => KeyStatus::Expired,
            (_, _, Some(_), _) => KeyStatus::Exposed,
            (.., Some(at)) if self.rotated_to.is_some() => KeyStatus::EndsAt(at),
            (.., Some(at)) if at.seconds_since(now) < SOON_DAYS * 86_400 => KeyStatus::ExpiresSoon(at),
            _ if key.last_used.unwrap_or(key.created_at) < long_ago => KeyStatus::Unused,
            _ => KeyStatus::Active,
        }
    }
}

/// One key in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyDetail {
    /// What lists show.
    #[serde(flatten)]
    pub line: KeyLine,
    /// Public half of the key pair derived from the key, lower-case hex (RO-27).
    pub public_key_hex: String,
    /// How it was used.
    pub usage: KeyUsage,
}

/// How a key was used, true to the minute (RU-25, decision D19).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUsage {
    /// The last 30 days in UTC, oldest first, today last; days without a call too.
    pub days: Vec<DayUse>,
    /// Requests that were refused, newest first, by cause and day.
    pub refusals: Vec<RefusedUse>,
    /// Who called, newest first; at most ten.
    pub callers: Vec<CallerUse>,
}

impl KeyUsage {
    /// Calls of the last `days` days.
    pub fn calls(&self, days: usize) -> i64 {
        self.days.iter().rev().take(days).map(|day| day.calls).sum()
    }

    /// The cost of the last `days` days.
    pub fn cost(&self, days: usize) -> i64 {
        self.days.iter().rev().take(days).map(|day| day.cost).sum()
    }
}

/// A day of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUse {
    /// The day in UTC, `2026-04-08`.
    pub day: String,
    /// Requests that passed with it.
    pub calls: i64,
    /// Requests that were refused, with the key or because of it.
    pub refused: i64,
    /// What the requests that passed cost, in all.
    pub cost: i64,
}

/// Why a request with a key was refused. The caller hears less (decision D9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCause {
    /// The key was revoked.
    Revoked,
    /// The key had ended by itself.
    Expired,
    /// Its owner was removed from the organization.
    OwnerRemoved,
    /// Its owner, a service account, is disabled.
    OwnerDisabled,
    /// It lacks the scope.
    MissingScope,
    /// Its role, or the organization, does not allow it.
    NotPermitted,
    /// It was sent in an address.
    SentInAddress,
}

impl RefusalCause {
    /// Every cause.
    pub const ALL: [Self; 7] = [
        Self::Revoked,
        Self::Expired,
        Self::OwnerRemoved,
        Self::OwnerDisabled,
        Self::MissingScope,
        Self::NotPermitted,
        Self::SentInAddress,
    ];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::OwnerRemoved => "owner_removed",
            Self::OwnerDisabled => "owner_disabled",
            Self::MissingScope => "missing_scope",
            Self::NotPermitted => "not_permitted",
            Self::SentInAddress => "sent_in_address",
        }
    }

    /// The words on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Revoked => "The key is revoked",
            Self::Expired => "The key has expired",
            Self::OwnerRemoved => "Its owner was removed from the organization",
            Self::OwnerDisabled => "Its service account is disabled",
            Self::MissingScope => "The key lacks the scope",
            Self::NotPermitted => "The key may not do that",
            Self::SentInAddress => "The key was sent in the address",
        }
    }
}

impl std::str::FromStr for RefusalCause {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text).ok_or(())
    }
}

/// Refused requests of one cause on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedUse {
    /// Why.
    pub cause: RefusalCause,
    /// The last of them.
    pub at: Moment,
    /// Where the last of them came from.
    pub address: Option<String>,
    /// How many.
    pub count: i64,
}

/// Someone who called with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerUse {
    /// Their address.
    pub address: String,
    /// Their user agent, at most 200 characters.
    pub agent: String,
    /// Their last call.
    pub at: Moment,
    /// How many calls.
    pub calls: i64,
}

/// What putting a successor in a key's place came to.
pub struct Rotated {
    /// The successor.
    pub new: NewKey,
    /// What was sealed to the old key and can no longer be read (RO-35).
    pub messages_orphaned: i64,
    /// When the old key ends; the moment of the rotation if at once.
    pub old_ends_at: Moment,
}

/// A service account (decision D4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    /// Its id.
    pub actor_id: ActorId,
    /// Its name.
    pub name: String,
    /// The most its keys may do.
    pub role: Role,
    /// Whether its keys are refused for now.
    pub is_disabled: bool,
    /// Whether it may have several active keys.
    pub allow_overlap: bool,
    /// When it was made.
    pub created_at: Moment,
    /// Who made it.
    pub created_by: Option<String>,
    /// How many of its keys open doors now.
    pub active_keys: i64,
}

/// A run of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// Its id, `run_…`.
    pub id: RunId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// `queued`.
    pub status: String,
    /// Where its data lives.
    pub environment: Environment,
    /// `api`, or `hook` for the webhook-style address.
    pub trigger: String,
    /// What was given to it.
    pub input: Option<String>,
    /// When it was started.
    pub created_at: Moment,
    /// Who started it.
    pub created_by: String,
}

/// A message or note that was sealed just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Its id.
    pub id: ItemId,
    /// Whose it is.
    pub actor_id: ActorId,
    /// The key it is sealed to; only that key and its heirs open it.
    pub key_id: KeyId,
    /// When.
    pub created_at: Moment,
}

/// A message or note, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its id.
    pub id: ItemId,
    /// Who wrote it.
    pub from_actor_id: ActorId,
    /// Their name.
    pub from: String,
    /// The text.
    pub text: String,
    /// When.
    pub created_at: Moment,
    /// The key it was sealed to.
    pub key_id: KeyId,
}

/// Everything of an inbox or a notebook that the key of the request opens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Items {
    /// What it opens, newest first.
    pub items: Vec<Opened>,
    /// How many are sealed to other keys.
    pub unreadable: i64,
}

/// An organization's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationView {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// The longest lifetime of a new key in days; none for no limit.
    pub max_key_days: Option<i64>,
    /// When it was made.
    pub created_at: Moment,
}

/// One page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
}

/// A key right after it was made; the only view that holds the key itself.
pub struct NewKey {
    /// What will be seen of it from now on.
    pub view: KeyView,
    /// The key, to be shown once (RK-11).
    pub plain: crate::token::PlainKey,
    /// Public half of the key pair derived from the key, lower-case hex (RO-27).
    pub public_key_hex: String,
}

/// What ending a key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The key, as it is now.
    pub view: KeyView,
    /// Why it was ended.
    pub reason: RevokeReason,
    /// False when it had been ended before (decision D25).
    pub fresh: bool,
}

/// A workspace (RK-38).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceView {
    /// Its id, `ws_…`.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Who runs its model.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// `running`.
    pub status: String,
    /// Where its data lives.
    pub environment: Environment,
    /// When it was made.
    pub created_at: Moment,
    /// The name of who made it; with a key, that is the key's owner (RK-03).
    pub created_by: String,
}

/// An event as the audit log shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// Its number in the organization, from 1, without gaps.
    pub n: i64,
    /// When.
    pub at: Moment,
    /// What happened.
    pub action: Happening,
    /// Who did it.
    pub actor_id: Option<ActorId>,
    /// Their name at the time.
    pub actor_name: String,
    /// The key it was done with, if it was: its public prefix.
    pub via_key: Option<String>,
    /// The kind of thing it happened to.
    pub object_kind: String,
    /// That thing's id.
    pub object_id: String,
    /// How people know it.
    pub object_label: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// The address it came from.
    pub address: Option<String>,
    /// The request's id.
    pub request_id: String,
}

/// An organization and what one person is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The organization.
    pub organization: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// The person's actor there.
    pub actor_id: ActorId,
    /// Their role.
    pub role: Role,
}

/// Who the caller is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The caller's actor.
    pub actor_id: ActorId,
    /// Its name.
    pub name: String,
    /// Member or service account.
    pub kind: ActorKind,
    /// The role that counts in this request.
    pub role: Role,
    /// The organization.
    pub organization: OrganizationId,
    /// `api_key` or `id_token`.
    pub credential: String,
    /// The key the request was made with, if it was.
    pub key_id: Option<KeyId>,
}
