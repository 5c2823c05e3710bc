//! Filters and order of the list of keys.

use crate::closed_set;
use crate::environment::Environment;
use crate::id::{ActorId, KeyId};

/// Which of the visible keys a list shows.
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
    /// Whether the order is reversed.
    pub reversed: bool,
    /// After this key.
    pub after: Option<KeyId>,
}

closed_set! {
    /// A filter by state.
    pub enum StatusFilter {
        /// Active.
        Active = "active",
        /// Active, and needs attention for any reason.
        Attention = "attention",
        /// Active, and was sent in a URL.
        Exposed = "exposed",
        /// Expires within 14 days, and has no successor.
        Expiring = "expiring",
        /// Active, and not used for 90 days.
        Unused = "unused",
        /// Active, and never used.
        NeverUsed = "never_used",
        /// Expired.
        Expired = "expired",
        /// Revoked.
        Revoked = "revoked",
        /// Expired or revoked.
        Inactive = "inactive",
    }
}

closed_set! {
    /// An order of keys.
    #[derive(Default)]
    pub enum KeySort {
        /// The newest first, whatever their state.
        #[default]
        Newest = "created",
        /// Usable before expired before revoked, and within each the newest first.
        Usable = "usable",
        /// By name.
        Name = "name",
        /// The most recently used first.
        LastUsed = "last_used",
        /// The one that expires next first.
        Expires = "expires",
    }
}
