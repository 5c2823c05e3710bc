//! The state and the story of a key.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::id::ActorId;
use crate::moment::Moment;
use crate::problem::Fault;

/// Where a key's data lives (decision D7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Real data.
    Production,
    /// Sandbox data.
    Test,
}

impl Environment {
    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
        }
    }
}

impl FromStr for Environment {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|env| env.as_str() == text).ok_or(())
    }
}

impl Environment {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Production, Self::Test];

    /// The words on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Production => "Production",
            Self::Test => "Test",
        }
    }

    /// Reads the word of a request; production if there is none.
    ///
    /// # Errors
    /// `Unknown` with the words that are known.
    pub fn read(word: Option<&str>) -> Result<Self, Fault> {
        let Some(word) = word else { return Ok(Self::Production) };
        word.parse().map_err(|()| Fault::Unknown { known: Self::ALL.map(Self::as_str).join(", ") })
    }
}

/// Why a key was ended, as its revoker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// Nothing uses it any more.
    NoLongerNeeded,
    /// Someone else may have it.
    Leaked,
    /// A new key took its place.
    Replaced,
    /// Its owner left.
    PersonLeft,
    /// The organization's rules ask for it.
    Policy,
}

impl RevokeReason {
    /// Every reason, in the order a page offers them.
    pub const ALL: [Self; 5] = [Self::NoLongerNeeded, Self::Leaked, Self::Replaced, Self::PersonLeft, Self::Policy];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoLongerNeeded => "no_longer_needed",
            Self::Leaked => "leaked",
            Self::Replaced => "replaced",
            Self::PersonLeft => "person_left",
            Self::Policy => "policy",
        }
    }

    /// The words on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoLongerNeeded => "No longer needed",
            Self::Leaked => "May have leaked",
            Self::Replaced => "Replaced by another key",
            Self::PersonLeft => "Owner left",
            Self::Policy => "Required by policy",
        }
    }
}

/// Who in an organization may make keys of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyMakers {
    /// Every member.
    #[default]
    Members,
    /// Admins and owners only.
    Admins,
}

impl KeyMakers {
    /// Every choice, the wider one first.
    pub const ALL: [Self; 2] = [Self::Members, Self::Admins];

    /// The word in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Admins => "admins",
        }
    }

    /// Whether someone of this role is among them.
    pub fn include(self, role: Role) -> bool {
        self == Self::Members || role >= Role::Admin
    }
}

impl FromStr for KeyMakers {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|who| who.as_str() == text).ok_or(())
    }
}

impl FromStr for RevokeReason {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(())
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
