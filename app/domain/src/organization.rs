//! The settings of an organization.

use crate::actor::Role;
use crate::closed_set;

closed_set! {
    /// The members who may create their own keys.
    #[derive(Default)]
    pub enum KeyMakers {
        /// Every member.
        #[default]
        Members = "members",
        /// Admins and owners only.
        Admins = "admins",
    }
}

impl KeyMakers {
    /// Whether an actor with this role is included.
    pub fn include(self, role: Role) -> bool {
        self == Self::Members || role >= Role::Admin
    }
}
