//! Leaving an organization.

use super::isolated;

pub const CONFIRM: &str = "Confirm and leave";
pub const WAITING: &str = "Leaving…";
/// Before and after the name of an organization that the person just left.
pub const LEFT: (&str, &str) = ("You have left “", "”.");
pub const DANGER_ZONE: &str = "Danger zone";
pub const LINK: &str = "Leave organization…";
pub const TITLE: &str = "Leave organization";
pub const FAILED: &str = "You did not leave the organization";
/// The effects of leaving.
pub const EFFECTS: [&str; 3] = [
    "You lose access immediately and need a new invitation to return.",
    "Your keys there stop working (403) permanently, even if you return. Requests in flight fail.",
    "Invitations you sent are canceled. Resources you created remain, and the audit log records that you left.",
];
pub const LAST_OWNER: &str =
    "You are the only owner, and every organization needs one. Make someone else an owner first.";

/// The heading of the page.
pub fn heading(organization: &str) -> String {
    format!("Leave {}?", isolated(organization))
}
