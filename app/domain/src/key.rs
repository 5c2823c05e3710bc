//! The state of a key.

use crate::closed_set;
use crate::id::ActorId;
use crate::moment::Moment;

closed_set! {
    /// Why a key was revoked.
    pub enum RevokeReason(
        /// The text on a page.
        label: &'static str,
    ) {
        /// The key is no longer used.
        NoLongerNeeded = "no_longer_needed" ("No longer needed"),
        /// The key may be known to others.
        Leaked = "leaked" ("May have leaked"),
        /// Another key replaces it.
        Replaced = "replaced" ("Replaced by another key"),
        /// The owner left.
        PersonLeft = "person_left" ("Owner left"),
        /// The organization's policy requires it.
        Policy = "policy" ("Required by policy"),
    }
}

/// The state of a key at a point in time. `Revoked` is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Requests with it are accepted.
    Active,
    /// It expired.
    Expired {
        /// When it expired.
        at: Moment,
    },
    /// It was revoked.
    Revoked {
        /// When it was revoked.
        at: Moment,
        /// Who revoked it.
        by: ActorId,
    },
}

impl KeyState {
    /// The state at `now`. Revoked takes precedence over expired. A key expires exactly at the
    /// millisecond of its expiration.
    pub fn at(now: Moment, expires_at: Option<Moment>, revoked: Option<(Moment, ActorId)>) -> Self {
        match (revoked, expires_at) {
            (Some((at, by)), _) => Self::Revoked { at, by },
            (None, Some(at)) if at <= now => Self::Expired { at },
            _ => Self::Active,
        }
    }

    /// Whether requests with the key are accepted.
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }
}

/// The one status that a list shows for a key; the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// It was revoked.
    Revoked,
    /// It expired.
    Expired,
    /// It was sent in a URL, which logs record. It should be replaced.
    Exposed,
    /// It has a successor and expires at this time.
    Rotated(Moment),
    /// It expires within 14 days, at this time.
    ExpiresSoon(Moment),
    /// It was not used in the last 90 days.
    Unused,
    /// It is active and needs no attention.
    Active,
}

/// Days before its expiration from which a key counts as expiring soon.
pub const SOON_DAYS: i64 = 14;
/// Days without use after which a key counts as unused.
pub const UNUSED_DAYS: i64 = 90;

#[cfg(test)]
mod tests {
    use super::*;

    // RK-06
    #[test]
    fn a_key_without_expiration_stays_active_until_revoked() {
        let far = Moment(i64::MAX);
        assert!(KeyState::at(far, None, None).is_active());
        let revoked = Some((Moment(5), ActorId(1)));
        assert!(!KeyState::at(Moment(6), None, revoked).is_active());
        assert!(!KeyState::at(Moment(6), Some(Moment(6)), None).is_active());
        assert_eq!(
            KeyState::at(Moment(6), None, revoked),
            KeyState::Revoked {
                at: Moment(5),
                by: ActorId(1)
            }
        );
    }

    #[test]
    fn a_key_expires_at_the_exact_millisecond_and_revoked_takes_precedence() {
        let end = Some(Moment(1000));
        assert!(KeyState::at(Moment(999), end, None).is_active());
        assert_eq!(
            KeyState::at(Moment(1000), end, None),
            KeyState::Expired { at: Moment(1000) }
        );
        assert!(matches!(
            KeyState::at(Moment(2000), end, Some((Moment(9), ActorId(1)))),
            KeyState::Revoked { .. }
        ));
    }
}
