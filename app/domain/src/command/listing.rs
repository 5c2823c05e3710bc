//! Which keys someone wants to see.

use crate::id::{ActorId, KeyId};
use crate::key::Environment;

/// Which keys of those within reach a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyQuery {
    /// In the name, the name of owner or creator, or the beginning of the public prefix.
    pub text: Option<String>,
    /// Of this environment.
    pub environment: Option<Environment>,
    /// In this state.
    pub status: Option<StatusFilter>,
    /// Of this owner.
    pub owner: Option<ActorId>,
    /// Made by this actor.
    pub creator: Option<ActorId>,
    /// In which order.
    pub sort: KeySort,
    /// The other way round.
    pub reversed: bool,
    /// After this key.
    pub after: Option<KeyId>,
}

/// A state to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Opens doors now.
    Active,
    /// Ended by itself.
    Expired,
    /// Ended by someone.
    Revoked,
    /// Ended in either way.
    Inactive,
    /// Was seen in an address, and still opens doors.
    Exposed,
    /// Ends by itself within 14 days, and no successor is there.
    Expiring,
    /// Nothing used it for 90 days, and it still opens doors.
    Unused,
    /// Nothing ever used it, and it opens doors.
    NeverUsed,
    /// Opens doors and needs attention, for whatever reason.
    Attention,
}

impl StatusFilter {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Active,
        Self::Attention,
        Self::Exposed,
        Self::Expiring,
        Self::Unused,
        Self::NeverUsed,
        Self::Expired,
        Self::Revoked,
        Self::Inactive,
    ];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Inactive => "inactive",
            Self::Exposed => "exposed",
            Self::Expiring => "expiring",
            Self::Unused => "unused",
            Self::NeverUsed => "never_used",
            Self::Attention => "attention",
        }
    }
}

impl std::str::FromStr for StatusFilter {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// An order of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySort {
    /// The newest first, whatever their state.
    #[default]
    Newest,
    /// Usable before expired before revoked, and within each the newest first.
    Usable,
    /// By name.
    Name,
    /// The one used last first.
    LastUsed,
    /// The one that ends next first.
    Expires,
}

impl KeySort {
    /// Every order.
    pub const ALL: [Self; 5] = [Self::Newest, Self::Usable, Self::Name, Self::LastUsed, Self::Expires];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "created",
            Self::Usable => "usable",
            Self::Name => "name",
            Self::LastUsed => "last_used",
            Self::Expires => "expires",
        }
    }
}

impl std::str::FromStr for KeySort {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == text).ok_or(())
    }
}
