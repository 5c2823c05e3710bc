//! Counts of calls with the keys of an API, of an owner, or with one key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::RefusalCause;
use crate::moment::Moment;

/// Calls by the hour and by the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CallsBody))]
pub struct Calls {
    /// Until when every call is counted; UTC. Later ones may be missing.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:51:19Z", format = DateTime, value_type = String))]
    pub as_of: Moment,
    /// The last 48 hours, oldest first.
    pub hours: Vec<CallCount>,
    /// The last 90 days in UTC, oldest first.
    pub days: Vec<CallCount>,
}

impl Calls {
    /// Hours that are counted.
    pub const HOURS: i64 = 48;
    /// Days that are counted.
    pub const DAYS: i64 = 90;
}

/// The calls of an hour or of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = CallCountBody))]
pub struct CallCount {
    /// When it begins; UTC.
    #[cfg_attr(feature = "schema", schema(example = "2026-04-08T19:00:00Z", format = DateTime, value_type = String))]
    pub start: Moment,
    /// Requests that passed.
    pub calls: i64,
    /// Requests that were refused, by their cause.
    #[cfg_attr(feature = "schema", schema(example = json!({ "missing_scope": 2 }), value_type = std::collections::BTreeMap<String, i64>))]
    pub refused: BTreeMap<RefusalCause, i64>,
}

impl CallCount {
    /// Without any call.
    pub const fn none(start: Moment) -> Self {
        Self {
            start,
            calls: 0,
            refused: BTreeMap::new(),
        }
    }

    /// Adds requests that passed, or were refused for a cause.
    pub fn add(&mut self, cause: Option<RefusalCause>, count: i64) {
        match cause {
            None => self.calls += count,
            Some(cause) => *self.refused.entry(cause).or_default() += count,
        }
    }

    /// All requests that were refused.
    pub fn refusals(&self) -> i64 {
        self.refused.values().sum()
    }
}
