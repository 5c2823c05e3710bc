//! What is shown of the use of a key.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// How a key was used, true to the minute (RU-25, decision D19).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUsage {
    /// The last 30 days in UTC, oldest first, today last; days without a call too.
    pub days: Vec<DayUse>,
    /// Requests that were refused, newest first, by cause and day.
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
pub struct DayUse {
    /// The day in UTC, `2026-04-08`.
    pub day: String,
    /// Requests that passed with it.
    pub calls: i64,
    /// Requests that were refused, with the key or because of it.
    pub refused: i64,
    /// What the requests that passed cost, in all.
    pub cost: i64,
}

/// Why a request with a key was refused. The caller hears less (decision D9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCause {
    /// The key was revoked.
    Revoked,
    /// The key had ended by itself.
    Expired,
    /// Its owner was removed from the organization.
    OwnerRemoved,
    /// Its owner, a service account, is disabled.
    OwnerDisabled,
    /// It lacks the scope.
    MissingScope,
    /// Its role, or the organization, does not allow it.
    NotPermitted,
    /// It was sent in an address.
    SentInAddress,
}

impl RefusalCause {
    /// Every cause.
    pub const ALL: [Self; 7] = [
        Self::Revoked,
        Self::Expired,
        Self::OwnerRemoved,
        Self::OwnerDisabled,
        Self::MissingScope,
        Self::NotPermitted,
        Self::SentInAddress,
    ];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::OwnerRemoved => "owner_removed",
            Self::OwnerDisabled => "owner_disabled",
            Self::MissingScope => "missing_scope",
            Self::NotPermitted => "not_permitted",
            Self::SentInAddress => "sent_in_address",
        }
    }

    /// The words on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Revoked => "The key was revoked",
            Self::Expired => "The key has expired",
            Self::OwnerRemoved => "Its owner was removed from the organization",
            Self::OwnerDisabled => "Its service account is disabled",
            Self::MissingScope => "The key lacks the permission",
            Self::NotPermitted => "The key is not allowed to do that",
            Self::SentInAddress => "The key was sent in a URL",
        }
    }
}

impl std::str::FromStr for RefusalCause {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text).ok_or(())
    }
}

/// Refused requests of one cause on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedUse {
    /// Why.
    pub cause: RefusalCause,
    /// The last of them.
    pub at: Moment,
    /// Where the last of them came from.
    pub address: Option<String>,
    /// How many.
    pub count: i64,
}

/// Someone who called with a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerUse {
    /// Their address.
    pub address: String,
    /// Their user agent, at most 200 characters.
    pub agent: String,
    /// Their last call.
    pub at: Moment,
    /// How many calls.
    pub calls: i64,
}
