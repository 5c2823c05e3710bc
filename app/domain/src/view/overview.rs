//! What is shown of an organization at a glance.

use super::{AuditView, DayUse, KeyLine};
use crate::attention::Attention;
use crate::id::KeyId;
use crate::moment::Moment;

/// Keys, their use, what needs attention, and the latest events; only what the reader may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// How many keys there are in each state.
    pub keys: KeyCounts,
    /// The keys that need attention most, the worst first; at most eight.
    pub concerns: Vec<Concern>,
    /// The last 30 days in UTC, oldest first, today last; Production and Test together.
    pub days: Vec<DayUse>,
    /// How many actors there are; for admins and owners.
    pub staff: Option<Staff>,
    /// What happened last, newest first; for admins and owners.
    pub events: Vec<AuditView>,
}

/// How many keys there are in each state. An active key may count several times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Active.
    pub active: i64,
    /// Of these: expire within 14 days without a successor.
    pub expiring: i64,
    /// Of these: were sent in a URL.
    pub exposed: i64,
    /// Of these: not used for 90 days.
    pub unused: i64,
    /// Of these: need attention, for whatever reason.
    pub attention: i64,
    /// Expired.
    pub expired: i64,
    /// Revoked.
    pub revoked: i64,
}

impl KeyCounts {
    /// All keys, whatever their state.
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

/// The banner above the list of keys: how many need attention, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttentionBanner {
    /// Keys that need attention, the most urgent first; enough of them to know whether there is a new reason.
    pub reasons: Vec<Reason>,
    /// How many there are in all.
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
    /// What is stored when the reader dismisses it.
    pub fn marks(&self) -> Vec<i64> {
        self.reasons.iter().map(|reason| reason.why.mark(reason.key)).collect()
    }

    /// Whether there is a reason that was not dismissed.
    pub fn is_news(&self, dismissed: &[i64]) -> bool {
        self.marks().iter().any(|mark| !dismissed.contains(mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::Notice;

    fn attention_banner(reasons: &[(i64, Attention)]) -> AttentionBanner {
        let reason = |&(key, why): &(i64, Attention)| Reason { key: KeyId(key), why, expires_at: None };
        AttentionBanner { reasons: reasons.iter().map(reason).collect(), total: 0 }
    }

    #[test]
    fn a_dismissed_banner_returns_with_a_new_reason() {
        let (week, day) = (Attention::Expires(Notice::Week), Attention::Expires(Notice::Day));
        let seen = attention_banner(&[(1, Attention::Exposed), (2, week)]).marks();
        assert!(!attention_banner(&[]).is_news(&[]));
        assert!(!attention_banner(&[(2, week)]).is_news(&seen), "what was taken care of is no news");
        assert!(attention_banner(&[(2, day)]).is_news(&seen), "it is worse now");
        assert!(attention_banner(&[(2, week), (3, week)]).is_news(&seen), "another key");
    }
}
