//! What is shown of the use of a key.

use serde::{Deserialize, Serialize};

use crate::closed_set;
use crate::moment::Moment;

/// How a key was used; true to the minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = UsageBody))]
pub struct KeyUsage {
    /// The last 30 days in UTC, oldest first.
    pub days: Vec<DayUse>,
    /// Refused requests, newest first.
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DayBody))]
pub struct DayUse {
    /// The day in UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08", format = Date))]
    pub day: String,
    /// Requests that passed with the key.
    pub calls: i64,
    /// Requests that were refused.
    pub refused: i64,
    /// What the requests cost in all.
    pub cost: i64,
}

closed_set! {
    /// Why a request with a key was refused. The response says less (D9).
    #[derive(PartialOrd, Ord)]
    pub enum RefusalCause(
        /// The words on a page.
        label: &'static str,
    ) {
        /// The key was revoked.
        Revoked = "revoked" ("The key was revoked"),
        /// The key had expired.
        Expired = "expired" ("The key has expired"),
        /// Its owner was removed from the organization.
        OwnerRemoved = "owner_removed" ("Its owner was removed from the organization"),
        /// Its owner, a service account, is disabled.
        OwnerDisabled = "owner_disabled" ("Its service account is disabled"),
        /// It lacks the scope.
        MissingScope = "missing_scope" ("The key lacks the permission"),
        /// Its role, or the organization, does not allow it.
        NotPermitted = "not_permitted" ("The key is not allowed to do that"),
        /// It was sent in a URL.
        SentInAddress = "sent_in_address" ("The key was sent in a URL"),
    }
}

/// Refused requests of one cause on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RefusalBody))]
pub struct RefusedUse {
    /// Why.
    #[cfg_attr(feature = "schema", schema(example = "missing_scope", value_type = String))]
    pub cause: RefusalCause,
    /// The last of them.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = String))]
    pub at: Moment,
    /// Where it came from.
    pub address: Option<String>,
    /// How many.
    pub count: i64,
}

/// Someone who called with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CallerBody))]
pub struct CallerUse {
    /// Their address.
    pub address: String,
    /// Their user agent.
    pub agent: String,
    /// Their last call.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = String))]
    pub at: Moment,
    /// How many calls.
    pub calls: i64,
}
