//! Views: rows for pages and bodies for the API. A view contains only what its reader may see.

mod apis;
mod audit;
mod introspection;
mod keys;
mod members;
mod overview;
mod sessions;
mod usage;
mod verdict;

pub use apis::{ApiView, ConsumerView, KeyApi};
pub use audit::{AuditRecord, AuditView, ChainView};
pub use introspection::Introspection;
pub use keys::{KeyDetail, KeyLine, KeyView, NewKey, Revoked, Rotated, Stopped};
pub use members::{InvitationView, MemberView, NewInvitation, Offer, Standing};
pub use overview::{AttentionBanner, Concern, KeyCounts, Overview, Reason, Staff};
pub use sessions::SessionView;
pub use usage::{CallerUse, DayUse, KeyUsage, RefusalCause, RefusedUse};
pub use verdict::{GrantedScopes, Verdict, VerdictCode, VerdictOwner, VerifiedApi, VerifiedKey};

use serde::{Deserialize, Serialize};

use crate::actor::{ActorKind, Role};
use crate::environment::Environment;
use crate::id::{ActorId, ItemId, KeyId, OrganizationId, RunId, WorkspaceId};
use crate::moment::Moment;
use crate::organization::KeyMakers;

/// A service account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = ServiceAccountBody))]
pub struct ServiceAccount {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = 15, value_type = i64))]
    pub actor_id: ActorId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Deploy bot"))]
    pub name: String,
    /// The highest role of its keys.
    pub role: Role,
    /// Whether it is disabled. The keys of a disabled service account are rejected.
    pub is_disabled: bool,
    /// Whether it may have several active keys.
    pub allow_overlap: bool,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who created it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: Option<String>,
    /// How many active keys it has.
    pub active_keys: i64,
}

/// A run of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RunBody))]
pub struct RunView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "run_5Zk0c3Yx9bQm2VtA", value_type = String))]
    pub id: RunId,
    /// Its workspace.
    #[cfg_attr(feature = "schema", schema(example = "ws_abc123", value_type = String))]
    pub workspace_id: WorkspaceId,
    /// `queued`.
    #[cfg_attr(feature = "schema", schema(example = "queued"))]
    pub status: String,
    /// The environment of its data.
    pub environment: Environment,
    /// `api`, or `hook` for the webhook-style URL.
    #[cfg_attr(feature = "schema", schema(example = "api"))]
    pub trigger: String,
    /// Its input.
    pub input: Option<String>,
    /// When it was started; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who started it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: String,
}

/// A message or note that was just encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = SealedBody))]
pub struct Sealed {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "item_5Zk0c3Yx9bQm2VtA", value_type = String))]
    pub id: ItemId,
    /// The actor it belongs to.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub actor_id: ActorId,
    /// The key that it is encrypted for.
    #[cfg_attr(feature = "schema", schema(example = 3, value_type = i64))]
    pub key_id: KeyId,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
}

/// A message or note, decrypted with the key of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OpenedBody))]
pub struct Opened {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "item_5Zk0c3Yx9bQm2VtA", value_type = String))]
    pub id: ItemId,
    /// Who wrote it.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub from_actor_id: ActorId,
    /// Their name.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub from: String,
    /// The text.
    pub text: String,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// The key that it was encrypted for.
    #[cfg_attr(feature = "schema", schema(example = 3, value_type = i64))]
    pub key_id: KeyId,
}

/// The contents of an inbox or a notebook that the key of the request decrypts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Items {
    /// The decrypted items, newest first.
    pub items: Vec<Opened>,
    /// How many items are encrypted for other keys.
    pub unreadable: i64,
}

/// An organization's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = OrganizationBody))]
pub struct OrganizationView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "org_a1B2c3D4e5F6g7H8", value_type = String))]
    pub id: OrganizationId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Acme"))]
    pub name: String,
    /// The longest lifetime of a new key in days; null for no limit.
    #[cfg_attr(feature = "schema", schema(example = 365))]
    pub max_key_days: Option<i64>,
    /// Who may create keys, `members` or `admins`.
    #[cfg_attr(feature = "schema", schema(example = "members", value_type = String))]
    pub key_makers: KeyMakers,
    /// Whether keys may create keys.
    #[cfg_attr(feature = "schema", schema(example = true))]
    pub keys_make_keys: bool,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
}

/// One page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<i64>,
}

impl<T> Page<T> {
    /// A page of rows that were queried with a limit of `limit + 1`. `number` returns the cursor of
    /// a row.
    pub fn cut(mut rows: Vec<T>, limit: i64, number: impl Fn(&T) -> i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = if has_more {
            rows.last().map(number)
        } else {
            None
        };
        Self { rows, next }
    }

    /// The page with each row converted.
    ///
    /// # Errors
    /// The first error of a conversion.
    pub fn try_map<U, E>(self, convert: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let rows = self
            .rows
            .into_iter()
            .map(convert)
            .collect::<Result<_, _>>()?;
        Ok(Page {
            rows,
            next: self.next,
        })
    }
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = WorkspaceBody))]
pub struct WorkspaceView {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "ws_abc123", value_type = String))]
    pub id: WorkspaceId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Engineering"))]
    pub name: String,
    /// Who runs its model.
    #[cfg_attr(feature = "schema", schema(example = "anthropic"))]
    pub provider: String,
    /// Its model.
    #[cfg_attr(feature = "schema", schema(example = "claude-sonnet-4-20250514"))]
    pub model: String,
    /// `running`.
    #[cfg_attr(feature = "schema", schema(example = "running"))]
    pub status: String,
    /// The environment of its data.
    pub environment: Environment,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who created it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: String,
}

/// An organization, and the person's role in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MembershipBody))]
pub struct Membership {
    /// Its id.
    #[cfg_attr(feature = "schema", schema(example = "org_a1B2c3D4e5F6g7H8", value_type = String))]
    pub organization: OrganizationId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Acme"))]
    pub organization_name: String,
    /// The person's actor id there.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub actor_id: ActorId,
    /// Their role there.
    pub role: Role,
}

/// The caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MeBody))]
pub struct Me {
    /// The caller's actor.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = i64))]
    pub actor_id: ActorId,
    /// Its name.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub name: String,
    /// `member` or `service`.
    #[cfg_attr(feature = "schema", schema(example = "member", value_type = String))]
    pub kind: ActorKind,
    /// The effective role of this request.
    pub role: Role,
    /// The organization.
    #[cfg_attr(feature = "schema", schema(example = "org_a1B2c3D4e5F6g7H8", value_type = String))]
    pub organization: OrganizationId,
    /// `api_key` or `id_token`.
    #[cfg_attr(feature = "schema", schema(example = "api_key"))]
    pub credential: String,
    /// The key of the request; null with an ID token.
    #[cfg_attr(feature = "schema", schema(example = 1, value_type = Option<i64>))]
    pub key_id: Option<KeyId>,
}
