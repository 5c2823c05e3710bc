//! Renaming a key.

pub const LINK: &str = "Rename…";
pub const TITLE: &str = "Rename key";
/// Before and after the name of the key to rename.
pub const HEADING: (&str, &str) = ("Rename “", "”");
pub const BUTTON: &str = "Save name";
pub const FAILED: &str = "The key was not renamed";
pub const DONE: &str = "Key renamed.";
pub const HINT: &str = "Only the name changes. Scripts that use the key keep working.";
