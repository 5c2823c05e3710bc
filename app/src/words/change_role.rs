//! Changing the role of a member.

use domain::Role;

use super::isolated;

pub const CONFIRM: &str = "Confirm and change role";
pub const WAITING: &str = "Changing…";
pub const TITLE: &str = "Change role";
pub const LINK: &str = "Change role…";
pub const HINT: &str = "What they can do in the organization.";
pub const FAILED: &str = "The role was not changed";
/// The effects of another role. A key never gets more power than it had when it was created.
pub const EFFECTS: [&str; 2] = [
    "A lower role takes effect immediately, for existing keys too. Requests in flight with those keys fail.",
    "A higher role does not apply to existing keys. Create new keys to use it.",
];
pub const OWN_ROLE: &str =
    "This is your own role. If you lower it, only someone else can raise it again.";
pub const LAST_OWNER: &str = "Every organization needs an owner. Make someone else an owner first.";

/// Title of the page.
pub fn heading(name: &str) -> String {
    format!("Role of {}", isolated(name))
}

/// The notice after a change, after the name of the member.
pub fn changed(role: Role) -> String {
    format!(" is now {}.", super::roles::with_article(role))
}
