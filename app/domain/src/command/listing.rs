//! Which keys someone wants to see.

use crate::closed_set;
use crate::environment::Environment;
use crate::id::{ActorId, KeyId};

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

closed_set! {
    /// A state to look for.
    pub enum StatusFilter {
        /// Opens doors now.
        Active = "active",
        /// Opens doors and needs attention, for whatever reason.
        Attention = "attention",
        /// Was seen in an address, and still opens doors.
        Exposed = "exposed",
        /// Ends by itself within 14 days, and no successor is there.
        Expiring = "expiring",
        /// Nothing used it for 90 days, and it still opens doors.
        Unused = "unused",
        /// Nothing ever used it, and it opens doors.
        NeverUsed = "never_used",
        /// Ended by itself.
        Expired = "expired",
        /// Ended by someone.
        Revoked = "revoked",
        /// Ended in either way.
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
        /// The one used last first.
        LastUsed = "last_used",
        /// The one that ends next first.
        Expires = "expires",
    }
}
