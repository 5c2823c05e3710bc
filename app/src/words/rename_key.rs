//! Renaming a key.

use super::isolated;
use super::key_sheet::KeySheetWords;

pub const LINK: &str = "Rename…";
pub const SHEET: KeySheetWords = KeySheetWords {
    title: "Rename key",
    heading: ("Rename “", "”"),
    failed: "The key was not renamed",
    button: "Save name",
};
pub const DONE: &str = "Key renamed.";
pub const HINT: &str = "Only the name changes. Scripts that use the key keep working.";

/// The link beside the name of a key.
pub fn of(name: &str) -> String {
    format!("Rename {}", isolated(name))
}
