//! Letting a key expire earlier.

use domain::Moment;

use super::key_sheet::KeySheetWords;

pub const LINK: &str = "Expire earlier…";
pub const SHEET: KeySheetWords = KeySheetWords {
    title: "Expire key earlier",
    heading: ("When should “", "” expire?"),
    failed: "The expiration was not changed",
    button: "Save expiration",
};
pub const DONE: &str = "Expiration changed.";
pub const NEVER: &str = "This key does not expire.";
pub const HINT: &str = "The key expires at the end of this day (UTC). You cannot make it last longer again: rotate it instead.";

/// The error for a day after the key expires.
pub fn too_late(latest: &str) -> String {
    let latest = Moment::parse(latest).map_or_else(|| latest.to_owned(), Moment::to_words);
    format!("This key expires on {latest}. Choose an earlier day.")
}
