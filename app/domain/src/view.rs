//! What is shown: rows for pages and bodies for the API. A view holds nothing that its reader may not see.

use serde::{Deserialize, Serialize};

use crate::actor::{ActorKind, Role};
use crate::event::{Change, Happening};
use crate::id::{ActorId, KeyId, OrganizationId, WorkspaceId};
use crate::key::{Environment, RevokeReason};
use crate::moment::Moment;

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
    pub scopes: Vec<String>,
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
