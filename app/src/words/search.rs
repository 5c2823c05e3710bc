//! Searching keys, people, pages and actions.

pub const TITLE: &str = "Search";
pub const LABEL: &str = "Search keys, people, pages and actions";
pub const SHORTCUT: &str = "Ctrl K";
pub const GO_TO: &str = "Go to";
pub const ACTIONS: &str = "Actions";
pub const NOTHING: &str = "Nothing found";
pub const HINT: &str = "Try another word, or paste a key to find it.";

/// The words at the start of a search that ask for an action on a key.
pub const VERBS: [&str; 3] = ["revoke", "rotate", "rename"];

/// The link to the documentation that mentions a text.
pub fn in_documentation(text: &str) -> String {
    format!(
        "Search the documentation for “{}”",
        super::isolated(text)
    )
}

/// The number of results, for screen readers.
pub fn count(count: usize) -> String {
    match count {
        0 => NOTHING.to_owned(),
        count => super::format::plural(i64::try_from(count).unwrap_or(i64::MAX), "result"),
    }
}
