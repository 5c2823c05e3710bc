//! The words of members, and of leaving an organization.

use domain::Role;

use super::{isolated, plural};

// Members.

/// The page of members.
pub const MEMBERS: &str = "Members";
/// Leads to the documentation of members.
pub const ABOUT_MEMBERS: &str = "About members";
/// Marks the reader's own row.
pub const YOU: &str = "You";
/// Nobody has signed in as this member.
pub const NOT_SIGNED_IN_YET: &str = "Has not signed in yet";
/// Gives a member another role, in a row.
pub const CHANGE_ROLE_OF: &str = "Change role";
/// Takes a member out, after a question.
pub const REMOVE_ASKING: &str = "Remove…";
/// Back to the top of the list.
pub const NEWEST_MEMBERS: &str = "Newest members";
/// Further down the list.
pub const OLDER_MEMBERS: &str = "Older members";
/// Above what each role may do (KE-38).
pub const ROLES: &str = "Roles";

/// Beneath the title of the list of members.
pub fn members_lede(organization: &str) -> String {
    format!("The people in {}. A key can never do more than its owner.", isolated(organization))
}

/// Above the table of members, for screen readers.
pub fn members_caption(organization: &str) -> String {
    format!("Members of {}", isolated(organization))
}

/// What a person of a role may do (KE-38, KE-25..KE-29, RA-33).
pub const fn role_may(role: Role) -> &'static str {
    match role {
        Role::Member => "Use workspaces and runs, and create, see, rotate and revoke their own keys.",
        Role::Admin => {
            "Everything a member can do, plus see and revoke every key, manage members, service accounts and settings, \
             and read the whole audit log."
        }
        Role::Owner => "Everything an admin can do, plus add and remove owners.",
    }
}

// Another role.

/// What the role is.
pub const MEMBER_ROLE_HINT: &str = "What they can do in the organization.";
/// Above the faults of that form.
pub const ROLE_NOT_CHANGED: &str = "The role was not changed";
/// When another role counts (decisions D6, D23).
pub const ROLE_EFFECTS: [&str; 2] = [
    "A lower role takes effect immediately, for existing keys too. Requests in progress with those keys fail.",
    "A higher role does not apply to existing keys. Create new keys to use it.",
];
/// It is one's own.
pub const OWN_ROLE: &str = "This is your own role. If you lower it, only someone else can raise it again.";
/// The only owner stays one (decision D5).
pub const LAST_OWNER: &str = "Every organization needs an owner. Make someone else an owner first.";

/// Title of the page.
pub fn role_of(name: &str) -> String {
    format!("Role of {}", isolated(name))
}

/// It was changed.
pub fn role_changed(role: Role) -> String {
    format!(" is now {}.", with_article(role))
}

// Taking a member out.

/// The title of that page.
pub const REMOVE_MEMBER: &str = "Remove member";
/// Above the faults of that form.
pub const NOT_REMOVED: &str = "The member was not removed";
/// Why, where two keys were given to a service account that takes one only.
pub const ONE_KEY_TOO_MANY: &str =
    "A service account was given more keys than it can have. Choose another one for some of them.";
/// Why, where a key or a service account is not what it was when the page was drawn.
pub const KEYS_CHANGED: &str =
    "A key or service account has changed in the meantime. The list below is up to date: review it and try again.";
/// What removing does; the first line is about the person.
pub const REMOVE_EFFECTS: [&str; 4] = [
    "They lose access immediately, and are signed out unless they belong to another organization here.",
    "Their keys stop working. Requests with a key that you don’t revoke or hand over below fail with 403.",
    "Invitations they sent, and any for their email address, are canceled.",
    "Resources they created remain. The audit log records who removed them.",
];
/// Above the list of keys.
pub const THEIR_KEYS: &str = "Their active keys";
/// What to choose.
pub const FATE_HINT: &str =
    "Scripts that use these keys need new ones. Hand over a key, then update the script with the new key.";
/// They have none.
pub const NO_KEYS_LEFT: &str = "They have no active keys.";
/// The key ends.
pub const END_THE_KEY: &str = "Revoke";
/// Above the service accounts that can take a key.
pub const HAND_OVER_TO: &str = "Hand over to";
/// The member is gone already.
pub const REMOVED_BEFORE: &str = "This person is no longer a member";
/// What to do when new keys were on the page that was lost.
pub const REMOVED_BEFORE_HINT: &str = "They left or were removed. If keys were handed over and you have not seen the new ones, open their service account and rotate them.";
/// Title of the page with the successors.
pub const HANDED_OVER: &str = "New keys";
/// Above them.
pub const HANDED_OVER_WARNING: &str = "Copy each key now. They will not be shown again.";
/// What became of the old ones.
pub const HANDED_OVER_OLD: &str = "The old keys no longer work. Use each new key in its place.";

/// Removes them.
pub fn remove_button(name: &str) -> String {
    format!("Remove {}", isolated(name))
}

/// The choice that makes a service account for a key.
pub fn new_heir(key: &str) -> String {
    format!("Hand over to a new service account “{}”", isolated(key))
}

/// The label of the choice for a key.
pub fn fate_of(key: &str) -> String {
    format!("What to do with {}", isolated(key))
}

/// The list does not show all of their keys.
pub fn keys_not_listed(count: i64) -> String {
    let verb = if count == 1 { "is not listed. It stops" } else { "are not listed. They stop" };
    format!("{} {verb} working.", plural(count, "more key"))
}

/// After the name of someone who was removed.
pub const MEMBER_REMOVED: &str = " was removed.";

/// Before the name of a member who is to be removed, and after it.
pub const REMOVE_TITLE: (&str, &str) = ("Remove ", "?");

// Leaving.

/// Before the name of an organization that someone left just now, and after it.
pub const LEFT: (&str, &str) = ("You have left “", "”.");
/// Begins leaving.
pub const LEAVE_ASKING: &str = "Leave organization…";
/// Leaves.
pub const LEAVE: &str = "Leave organization";
/// Above the faults of that form.
pub const NOT_LEFT: &str = "You did not leave the organization";
/// What leaving does.
pub const LEAVE_EFFECTS: [&str; 3] = [
    "You lose access immediately and need a new invitation to return.",
    "Your keys there stop working permanently, even if you return. Requests in progress fail.",
    "Invitations you sent are canceled. Resources you created remain, and the audit log records that you left.",
];
/// The only owner cannot (decision D5).
pub const LAST_OWNER_LEAVES: &str =
    "You are the only owner, and every organization needs one. Make someone else an owner first.";

/// Title of the page.
pub fn leave(organization: &str) -> String {
    format!("Leave {}?", isolated(organization))
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
    use super::*;

    // KE-38, KE-25..KE-29, RA-30, RA-33: what each role may do is said.
    #[test]
    fn ke_38_each_role_is_explained() {
        assert!(role_may(Role::Member).contains("their own keys"));
        assert!(role_may(Role::Admin).contains("every key") && role_may(Role::Admin).contains("members"));
        assert!(role_may(Role::Owner).contains("owners"));
    }

    // D5, D6, B20: what is promised of lowering, raising, leaving and removing.
    #[test]
    fn d6_the_effects_are_said() {
        assert!(ROLE_EFFECTS[0].contains("at once") && ROLE_EFFECTS[1].contains("does not make"));
        assert!(LEAVE_EFFECTS[1].contains("403") && REMOVE_EFFECTS[1].contains("403"));
        assert!(REMOVE_EFFECTS[0].contains("signed out") && REMOVE_EFFECTS[2].contains("withdrawn"));
        assert_eq!(keys_not_listed(1), "1 more key is not listed. It stops working (403).");
        assert_eq!(keys_not_listed(2), "2 more keys are not listed. They stop working (403).");
    }
}
