//! The audit log: its events, what a file holds of them, and whether its chain is whole.

use serde::{Deserialize, Serialize};

use crate::event::{AuditAction, Change};
use crate::id::{ActorId, OrganizationId};
use crate::moment::Moment;

/// An event as the audit log shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// Its number in the organization, from 1, without gaps.
    pub n: i64,
    /// When.
    pub at: Moment,
    /// What happened.
    pub action: AuditAction,
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
    /// The program it came from, as it calls itself.
    pub agent: Option<String>,
    /// The request's id.
    pub request_id: String,
}

/// An event as a file holds it: everything that its hash is made of, so that the chain can be checked without us.
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

/// How far the chain of events is known to be whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainView {
    /// Every event up to this one was checked, and fits.
    pub verified: i64,
    /// How many events there are.
    pub events: i64,
    /// The first event that was altered, removed or added.
    pub broken: Option<i64>,
}
