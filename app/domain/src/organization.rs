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

/// The expiration in days that forms for new keys preselect, within the longest lifetime that the
/// organization allows. None is for no expiration, and for no limit.
pub fn preselected_days(days: Option<i64>, most_days: Option<i64>) -> Option<i64> {
    match (days, most_days) {
        (days, None) => days,
        (None, Some(most)) => Some(most),
        (Some(days), Some(most)) => Some(days.min(most)),
    }
}

impl KeyMakers {
    /// Whether an actor with this role is included.
    pub fn include(self, role: Role) -> bool {
        self == Self::Members || role >= Role::Admin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_admins_and_owners_may_be_allowed_to_create_keys() {
        for (role, is_admin) in [
            (Role::Member, false),
            (Role::Admin, true),
            (Role::Owner, true),
        ] {
            assert!(KeyMakers::Members.include(role));
            assert_eq!(KeyMakers::Admins.include(role), is_admin, "{role:?}");
        }
    }

    // D17
    #[test]
    fn nothing_beyond_the_longest_lifetime_is_preselected() {
        for (days, most, expected) in [
            (Some(90), None, Some(90)),
            (None, None, None),
            (Some(90), Some(365), Some(90)),
            (Some(90), Some(90), Some(90)),
            (Some(90), Some(30), Some(30)),
            (None, Some(30), Some(30)),
        ] {
            assert_eq!(
                preselected_days(days, most),
                expected,
                "{days:?} {most:?}"
            );
        }
    }
}
