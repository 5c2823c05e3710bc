//! Views of the usage of a key.

use serde::{Deserialize, Serialize};

use crate::closed_set;
use crate::moment::Moment;

/// The usage of a key, to the minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = UsageBody))]
pub struct KeyUsage {
    /// The last 30 days in UTC, oldest first.
    pub days: Vec<DayUse>,
    /// Rejected requests, newest first.
    pub refusals: Vec<RefusedUse>,
    /// At most ten clients, the most recent first.
    pub callers: Vec<CallerUse>,
}

impl KeyUsage {
    /// The calls of the last `days` days.
    pub fn calls(&self, days: usize) -> i64 {
        self.days
            .iter()
            .rev()
            .take(days)
            .map(|day| day.calls)
            .sum()
    }

    /// The cost of the last `days` days.
    pub fn cost(&self, days: usize) -> i64 {
        self.days
            .iter()
            .rev()
            .take(days)
            .map(|day| day.cost)
            .sum()
    }
}

/// The usage of a key on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DayBody))]
pub struct DayUse {
    /// The day in UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08", format = Date))]
    pub day: String,
    /// Requests that the key authenticated.
    pub calls: i64,
    /// Requests that were rejected.
    pub refused: i64,
    /// The total cost of the requests.
    pub cost: i64,
}

closed_set! {
    /// Why a request with a key was rejected. The response contains less detail (D9).
    #[derive(PartialOrd, Ord)]
    pub enum RefusalCause(
        /// The text on a page.
        label: &'static str,
    ) {
        /// The key was revoked.
        Revoked = "revoked" ("The key was revoked"),
        /// The key had expired.
        Expired = "expired" ("The key has expired"),
        /// Its owner was removed from the organization.
        OwnerRemoved = "owner_removed" ("Its owner was removed from the organization"),
        /// Its owner, a service account or a consumer, is disabled or paused.
        OwnerDisabled = "owner_disabled" ("Its owner is disabled or paused"),
        /// It was sent to something else than the API that it is for, or that API is archived.
        WrongApi = "wrong_api" ("The key is for another API, or its API is archived"),
        /// It is for the other environment.
        WrongEnvironment = "wrong_environment" ("The key is for another environment"),
        /// The key, its owner or its API does not allow the IP address.
        IpNotAllowed = "ip_not_allowed" ("The IP address is not allowed"),
        /// It lacks the scope.
        MissingScope = "missing_scope" ("The key lacks the permission"),
        /// Its role, or the organization, does not allow it.
        NotPermitted = "not_permitted" ("The key is not allowed to do that"),
        /// It was sent in a URL.
        SentInAddress = "sent_in_address" ("The key was sent in a URL"),
    }
}

/// Rejected requests with one cause on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = RefusalBody))]
pub struct RefusedUse {
    /// The cause.
    #[cfg_attr(feature = "schema", schema(example = "missing_scope", value_type = String))]
    pub cause: RefusalCause,
    /// The time of the last request.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = String))]
    pub at: Moment,
    /// The IP address of the last request.
    pub address: Option<String>,
    /// The number of requests.
    pub count: i64,
}

/// A client that called with the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CallerBody))]
pub struct CallerUse {
    /// Its IP address.
    pub address: String,
    /// Its user agent.
    pub agent: String,
    /// The time of its last call.
    #[cfg_attr(feature = "schema", schema(format = DateTime, value_type = String))]
    pub at: Moment,
    /// The number of calls.
    pub calls: i64,
}
