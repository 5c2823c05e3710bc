//! The list of members.

use super::isolated;

pub const TITLE: &str = "Members";
pub const ABOUT: &str = "About members";
pub const YOU: &str = "You";
pub const NOT_SIGNED_IN_YET: &str = "Has not signed in yet";
pub const NEWEST: &str = "Newest members";
pub const OLDER: &str = "Older members";

pub const SEARCH: &str = "Search by name";
pub const SEARCH_WITH_EMAIL: &str = "Search by name or email";
pub const CLEAR_SEARCH: &str = "Show all members";
pub const NO_MATCH: &str = "No member matches your search";

/// The name of the menu of a member, for screen readers.
pub fn actions_for(name: &str) -> String {
    format!("Actions for {}", isolated(name))
}

/// Below the title.
pub fn lede(organization: &str) -> String {
    format!(
        "The people in {}. A key can never do more than its owner.",
        isolated(organization)
    )
}

/// Above the table of members, for screen readers.
pub fn caption(organization: &str) -> String {
    format!("Members of {}", isolated(organization))
}
