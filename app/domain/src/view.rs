//! What is shown: rows for pages and bodies for the API. A view holds nothing that its reader may not see.

mod audit;
mod keys;
mod members;
mod overview;
mod sessions;
mod usage;

pub use audit::{AuditRecord, AuditView, ChainView};
pub use keys::{KeyDetail, KeyLine, KeyView, NewKey, Revoked, Rotated};
pub use members::{InvitationView, MemberView, NewInvitation, Offer, Standing};
pub use overview::{AttentionBanner, Concern, KeyCounts, Overview, Reason, Staff};
pub use sessions::SessionView;
pub use usage::{CallerUse, DayUse, KeyUsage, RefusalCause, RefusedUse};

use serde::{Deserialize, Serialize};

use crate::actor::{ActorKind, Role};
use crate::id::{ActorId, ItemId, KeyId, OrganizationId, RunId, WorkspaceId};
use crate::key::{Environment, KeyMakers};
use crate::moment::Moment;

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
    /// Who may make keys.
    pub key_makers: KeyMakers,
    /// Whether keys may make keys.
    pub keys_make_keys: bool,
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

impl<T> Page<T> {
    /// Cuts rows that were read with a limit of one more than `limit` into a page. `number` gives the cursor of a row.
    pub fn cut(mut rows: Vec<T>, limit: i64, number: impl Fn(&T) -> i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = if has_more { rows.last().map(number) } else { None };
        Self { rows, next }
    }
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
