//! The audit log: its events, what a file holds of them, and whether its chain is intact.

use serde::{Deserialize, Serialize};

use crate::event::{AuditAction, Change};
use crate::id::{ActorId, OrganizationId};
use crate::moment::Moment;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = EventBody))]
pub struct AuditView {
    /// Its number in the organization, from 1, without gaps.
    #[cfg_attr(feature = "schema", schema(example = 1204))]
    pub n: i64,
    /// When; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub at: Moment,
    /// What happened.
    pub action: AuditAction,
    /// Who did it; null where nobody of the organization did.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = Option<i64>))]
    pub actor_id: Option<ActorId>,
    /// Their name at the time.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub actor_name: String,
    /// The key it was done with, if it was: its public prefix.
    #[cfg_attr(feature = "schema", schema(example = "rt_sk_Ab3dE9xQ"))]
    pub via_key: Option<String>,
    /// The kind of thing it happened to.
    #[cfg_attr(feature = "schema", schema(value_type = crate::event::ObjectKind))]
    pub object_kind: String,
    /// That thing's id.
    #[cfg_attr(feature = "schema", schema(example = "2"))]
    pub object_id: String,
    /// How people know it.
    #[cfg_attr(feature = "schema", schema(example = "CI/CD Pipeline · rt_sk_Ab3dE9xQ"))]
    pub object_label: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// The address it came from.
    #[cfg_attr(feature = "schema", schema(example = "203.0.113.7"))]
    pub address: Option<String>,
    /// The program it came from, as it calls itself.
    #[cfg_attr(feature = "schema", schema(example = "curl/8.14.1"))]
    pub agent: Option<String>,
    /// The request's id.
    #[cfg_attr(feature = "schema", schema(example = "req_5Zk0c3Yx9bQm2VtA"))]
    pub request_id: String,
}

/// An event as a file holds it: everything that its hash is made of, so that the chain can be verified outside the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The organization.
    pub organization_id: OrganizationId,
    /// What the log shows.
    #[serde(flatten)]
    pub event: AuditView,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Whose business it is besides the admins'.
    pub concerns: Option<ActorId>,
    /// The hash of the event before this one, in hex; empty for the first.
    pub previous_hash: String,
    /// Its hash, in hex.
    pub hash: String,
}

/// How far the chain of events has been verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainView {
    /// Every event up to this one was verified.
    pub verified: i64,
    /// How many events there are.
    pub events: i64,
    /// The first event that was altered, removed or added.
    pub broken: Option<i64>,
}
