//! The audit log: its events, the records of an export, and the state of the hash chain.

use serde::{Deserialize, Serialize};

use crate::event::{AuditAction, Change};
use crate::id::{ActorId, OrganizationId};
use crate::moment::Moment;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = EventBody))]
pub struct AuditView {
    /// Its number in the organization, starting at 1, without gaps.
    #[cfg_attr(feature = "schema", schema(example = 1204))]
    pub n: i64,
    /// When it happened; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub at: Moment,
    /// What happened.
    pub action: AuditAction,
    /// Who did it; null if it was not an actor of the organization.
    #[cfg_attr(feature = "schema", schema(example = 14, value_type = Option<i64>))]
    pub actor_id: Option<ActorId>,
    /// Their name at the time.
    #[cfg_attr(feature = "schema", schema(example = "Olivia Owens"))]
    pub actor_name: String,
    /// The public prefix of the key that was used, if any.
    #[cfg_attr(feature = "schema", schema(example = "rt_sk_Ab3dE9xQ"))]
    pub via_key: Option<String>,
    /// The kind of its object.
    #[cfg_attr(feature = "schema", schema(value_type = crate::event::ObjectKind))]
    pub object_kind: String,
    /// The id of the object.
    #[cfg_attr(feature = "schema", schema(example = "2"))]
    pub object_id: String,
    /// The name of the object.
    #[cfg_attr(
        feature = "schema",
        schema(example = "CI/CD Pipeline · rt_sk_Ab3dE9xQ")
    )]
    pub object_label: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// The IP address of the request.
    #[cfg_attr(feature = "schema", schema(example = "203.0.113.7"))]
    pub address: Option<String>,
    /// The user agent of the request.
    #[cfg_attr(feature = "schema", schema(example = "curl/8.14.1"))]
    pub agent: Option<String>,
    /// The request id.
    #[cfg_attr(feature = "schema", schema(example = "req_5Zk0c3Yx9bQm2VtA"))]
    pub request_id: String,
}

/// An event in an export. It contains everything that is hashed, so that the chain can be verified
/// outside the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The event in the log.
    #[serde(flatten)]
    pub event: AuditView,
    /// When it happened, in milliseconds since 1970.
    pub at_ms: i64,
    /// The actor who may see the event besides admins.
    pub concerns: Option<ActorId>,
    /// The hash of the previous event, in hex; empty for the first event.
    pub previous_hash: String,
    /// Its hash, in hex.
    pub hash: String,
}

/// The events that were removed from the beginning of the log because of their age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RemovedEventsBody))]
pub struct RemovedEvents {
    /// The number of the last removed event.
    #[cfg_attr(feature = "schema", schema(example = 310))]
    pub last_n: i64,
    /// Events before this time were removed; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2025-03-03T09:12:44Z", format = DateTime, value_type = String))]
    pub before: Moment,
    /// For how many days events are kept.
    #[cfg_attr(feature = "schema", schema(example = 400))]
    pub retention_days: i64,
}

/// How much of the hash chain has been verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainView {
    /// The last event up to which the chain was verified.
    pub verified: i64,
    /// How many events there are.
    pub events: i64,
    /// The first event that was altered, removed or added outside of the product.
    pub broken: Option<i64>,
}
