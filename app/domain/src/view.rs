//! Views: rows for pages and bodies for the API. A view contains only what its reader may see.

mod apis;
mod audit;
mod calls;
mod devices;
mod introspection;
mod keys;
mod members;
mod overview;
mod runs;
mod sealed;
mod sessions;
mod usage;
mod verdict;

pub use apis::{ApiView, ConsumerView, ImportReport, KeyApi};
pub use audit::{AuditRecord, AuditView, ChainView, RemovedEvents};
pub use calls::{CallCount, Calls};
pub use devices::DeviceRequest;
pub use introspection::Introspection;
pub use keys::{KeyCount, KeyDetail, KeyLine, KeyView, NewKey, Revoked, Rotated, Stopped};
pub use members::{InvitationView, MemberView, NewInvitation, Offer, Standing};
pub use overview::{AttentionBanner, Concern, KeyCounts, Overview, Reason, Staff};
pub use runs::{ClaimedRun, RunDetail, RunView, WorkspaceView};
pub use sealed::{
    Items, Opened, OpenedItem, Sealed, SealedForKey, SealedOfKind, SealedOverview, TodoState,
};
pub use sessions::SessionView;
pub use usage::{CallerUse, DayUse, KeyUsage, RefusalCause, RefusedUse};
pub use verdict::{GrantedScopes, Verdict, VerdictCode, VerdictOwner, VerifiedApi, VerifiedKey};

use serde::{Deserialize, Serialize};

use crate::actor::{ActorKind, Role};
use crate::id::{ActorId, KeyId, OrganizationId};
use crate::ip::IpBlocks;
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
    /// The IP addresses and blocks that its keys can be used from; empty for every address.
    #[cfg_attr(feature = "schema", schema(example = json!(["203.0.113.0/24"]), value_type = Vec<String>))]
    pub allowed_ips: IpBlocks,
    /// When it was created; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub created_at: Moment,
    /// Who created it.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub created_by: Option<String>,
    /// How many active keys it has.
    pub active_keys: i64,
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
    /// The expiration that forms for new keys preselect, in days; null for no expiration. Keys that
    /// the API creates have none unless the request sets one.
    #[cfg_attr(feature = "schema", schema(example = 90))]
    pub default_key_days: Option<i64>,
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
