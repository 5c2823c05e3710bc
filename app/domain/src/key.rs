//! The state and the story of a key.

use crate::closed_set;
use crate::id::ActorId;
use crate::moment::Moment;

closed_set! {
    /// Why a key was ended, as its revoker says.
    pub enum RevokeReason(
        /// The words on a page.
        label: &'static str,
    ) {
        /// Nothing uses it any more.
        NoLongerNeeded = "no_longer_needed" ("No longer needed"),
        /// Someone else may have it.
        Leaked = "leaked" ("May have leaked"),
        /// A new key took its place.
        Replaced = "replaced" ("Replaced by another key"),
        /// Its owner left.
        PersonLeft = "person_left" ("Owner left"),
        /// The organization's rules ask for it.
        Policy = "policy" ("Required by policy"),
    }
}

/// The state of a key at one moment. There is no way back from `Revoked` (RK-27).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It opens doors.
    Active,
    /// It ended by itself.
    Expired {
        /// When.
        at: Moment,
    },
    /// Someone ended it.
    Revoked {
        /// When.
        at: Moment,
        /// Who.
        by: ActorId,
    },
}

impl KeyState {
    /// The state of a key with these facts at `now`. Revoked outweighs expired; a key ends at the very millisecond
    /// of its expiry.
    pub fn at(now: Moment, expires_at: Option<Moment>, revoked: Option<(Moment, ActorId)>) -> Self {
        match (revoked, expires_at) {
            (Some((at, by)), _) => Self::Revoked { at, by },
            (None, Some(at)) if at <= now => Self::Expired { at },
            _ => Self::Active,
        }
    }

    /// Whether a request with the key may pass.
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }
}

/// What a list shows of a key's state, the worst first; one mark per key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// Someone ended it.
    Revoked,
    /// It ended by itself.
    Expired,
    /// It was seen in an address, where logs keep it: replace it.
    Exposed,
    /// Its successor is there; it ends at this moment.
    EndsAt(Moment),
    /// It ends by itself within 14 days, at this moment.
    ExpiresSoon(Moment),
    /// Nothing used it for 90 days.
    Unused,
    /// It opens doors, and there is nothing to say about it.
    Active,
}

/// Days before its end at which a key is said to expire soon.
pub const SOON_DAYS: i64 = 14;
/// Days after which a key that nothing uses is said to be unused.
pub const UNUSED_DAYS: i64 = 90;

#[cfg(test)]
mod tests {
    use super::*;

    // RK-06
    #[test]
    fn a_key_without_an_end_stays_active_until_revoked() {
        let far = Moment(i64::MAX);
        assert!(KeyState::at(far, None, None).is_active());
        let revoked = Some((Moment(5), ActorId(1)));
        assert_eq!(KeyState::at(Moment(6), None, revoked), KeyState::Revoked { at: Moment(5), by: ActorId(1) });
    }

    #[test]
    fn it_ends_at_the_millisecond_and_revoked_outweighs_expired() {
        let end = Some(Moment(1000));
        assert!(KeyState::at(Moment(999), end, None).is_active());
        assert_eq!(KeyState::at(Moment(1000), end, None), KeyState::Expired { at: Moment(1000) });
        assert!(matches!(KeyState::at(Moment(2000), end, Some((Moment(9), ActorId(1)))), KeyState::Revoked { .. }));
    }
}
