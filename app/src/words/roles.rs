//! What each role can do.

use domain::Role;

pub const TITLE: &str = "Roles";

/// What a person of a role can do.
pub const fn summary(role: Role) -> &'static str {
    match role {
        Role::Member => {
            "Use workspaces and runs, and create, see, rotate and revoke their own keys."
        }
        Role::Admin => {
            "Everything a member can do, plus see and revoke every key, manage members, service accounts and settings, \
             and read the whole audit log."
        }
        Role::Owner => "Everything an admin can do, plus add and remove owners.",
    }
}

/// A role in a sentence.
pub(super) const fn with_article(role: Role) -> &'static str {
    match role {
        Role::Member => "a member",
        Role::Admin => "an admin",
        Role::Owner => "an owner",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{change_role, leave_organization, remove_member};
    use super::*;

    // KE-38, KE-25..KE-29, RA-30, RA-33
    #[test]
    fn each_role_is_explained() {
        assert!(summary(Role::Member).contains("their own keys"));
        assert!(
            summary(Role::Admin).contains("every key") && summary(Role::Admin).contains("members")
        );
        assert!(summary(Role::Owner).contains("owners"));
    }

    // D5, D6, B20
    #[test]
    fn the_effects_of_a_change_are_explained() {
        assert!(change_role::EFFECTS[0].contains("immediately"));
        assert!(change_role::EFFECTS[1].contains("does not apply to existing keys"));
        assert!(leave_organization::EFFECTS[1].contains("403"));
        assert!(remove_member::EFFECTS[0].contains("signed out"));
        assert!(remove_member::EFFECTS[1].contains("those that you hand over"));
        assert!(remove_member::EFFECTS[2].contains("canceled"));
        assert_eq!(
            remove_member::keys_not_listed(1),
            "1 more key is not listed. It stops working (403)."
        );
        assert_eq!(
            remove_member::keys_not_listed(2),
            "2 more keys are not listed. They stop working (403)."
        );
    }
}
