//! Filters and sort orders of the list of keys.

use crate::closed_set;
use crate::environment::Environment;
use crate::id::{ActorId, ApiId, KeyId};

/// Filters, sort order and position of a list of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyQuery {
    /// Text in the name of the key, its owner or its creator, or the start of the public prefix.
    pub text: Option<String>,
    /// Only keys for this environment.
    pub environment: Option<Environment>,
    /// Only keys in this state.
    pub status: Option<StatusFilter>,
    /// Only keys of this owner.
    pub owner: Option<ActorId>,
    /// Only keys for this API.
    pub api: Option<ApiId>,
    /// Only keys that this actor created.
    pub creator: Option<ActorId>,
    /// The sort order.
    pub sort: KeySort,
    /// Whether the order is reversed.
    pub reversed: bool,
    /// The page after this key.
    pub after: Option<KeyId>,
    /// The page that ends before this key. It takes precedence over `after`.
    pub before: Option<KeyId>,
}

closed_set! {
    /// A filter by state.
    pub enum StatusFilter {
        /// Active.
        Active = "active",
        /// Active, and needs attention for some reason.
        Attention = "attention",
        /// Active, and was sent in a URL.
        Exposed = "exposed",
        /// Active, expires within 14 days and has no successor.
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
    /// A sort order of keys.
    #[derive(Default)]
    pub enum KeySort {
        /// Newest first, in every state.
        #[default]
        Newest = "created",
        /// Active keys, then expired keys, then revoked keys; the newest first in each group.
        Usable = "usable",
        /// By name.
        Name = "name",
        /// The most recently used first.
        LastUsed = "last_used",
        /// The next to expire first.
        Expires = "expires",
    }
}
