//! The view of the overview page.

use super::{AuditView, DayUse, KeyLine};
use crate::attention::Attention;
use crate::id::KeyId;
use crate::moment::Moment;

/// Keys, their usage, keys that need attention, and the latest events, as far as the reader may see
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// How many keys there are in each state.
    pub keys: KeyCounts,
    /// At most eight keys that need attention, the most urgent first.
    pub concerns: Vec<Concern>,
    /// The last 30 days in UTC, oldest first, today last; Production and Test together.
    pub days: Vec<DayUse>,
    /// How many actors there are; only for admins and owners.
    pub staff: Option<Staff>,
    /// The latest events, newest first; only for admins and owners.
    pub events: Vec<AuditView>,
}

/// How many keys there are in each state. An active key can be counted in several states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Active.
    pub active: i64,
    /// Active keys that expire within 14 days and have no successor.
    pub expiring: i64,
    /// Active keys that were sent in a URL.
    pub exposed: i64,
    /// Active keys that were not used in the last 90 days.
    pub unused: i64,
    /// Active keys that need attention for any reason.
    pub attention: i64,
    /// Expired.
    pub expired: i64,
    /// Revoked.
    pub revoked: i64,
}

impl KeyCounts {
    /// The number of keys in all states.
    pub const fn all(&self) -> i64 {
        self.active + self.expired + self.revoked
    }
}

/// A key that needs attention, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// The key.
    pub line: KeyLine,
    /// Why.
    pub why: Attention,
}

/// How many actors an organization has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staff {
    /// People.
    pub members: i64,
    /// Service accounts.
    pub service_accounts: i64,
}

/// The banner above the list of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttentionBanner {
    /// The keys that need attention most, the most urgent first. A new reason among them shows a
    /// dismissed banner again.
    pub reasons: Vec<Reason>,
    /// How many keys need attention in all.
    pub total: i64,
}

/// A key, and why it needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The key.
    pub key: KeyId,
    /// Why.
    pub why: Attention,
    /// When the key expires.
    pub expires_at: Option<Moment>,
}

impl AttentionBanner {
    /// The marks that are stored when the reader dismisses the banner.
    pub fn marks(&self) -> Vec<i64> {
        self.reasons
            .iter()
            .map(|reason| reason.why.mark(reason.key))
            .collect()
    }

    /// Whether a reason was not dismissed yet.
    pub fn is_news(&self, dismissed: &[i64]) -> bool {
        self.marks()
            .iter()
            .any(|mark| !dismissed.contains(mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::Notice;

    fn attention_banner(reasons: &[(i64, Attention)]) -> AttentionBanner {
        let reason = |&(key, why): &(i64, Attention)| Reason {
            key: KeyId(key),
            why,
            expires_at: None,
        };
        AttentionBanner {
            reasons: reasons.iter().map(reason).collect(),
            total: 0,
        }
    }

    #[test]
    fn a_dismissed_banner_returns_with_a_new_reason() {
        let (week, day) = (
            Attention::Expires(Notice::Week),
            Attention::Expires(Notice::Day),
        );
        let seen = attention_banner(&[(1, Attention::Exposed), (2, week)]).marks();
        assert!(!attention_banner(&[]).is_news(&[]));
        assert!(
            !attention_banner(&[(2, week)]).is_news(&seen),
            "a subset of the dismissed reasons is not new"
        );
        assert!(
            attention_banner(&[(2, day)]).is_news(&seen),
            "the reason is more urgent"
        );
        assert!(
            attention_banner(&[(2, week), (3, week)]).is_news(&seen),
            "another key"
        );
    }
}
