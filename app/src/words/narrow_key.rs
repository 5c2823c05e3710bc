//! Removing permissions from a key.

pub const TITLE: &str = "Remove permissions";
pub const HINT: &str =
    "Choose the permissions to keep. You cannot add removed permissions back to this key.";
pub const BUTTON: &str = "Save permissions";
pub const FAILED: &str = "The permissions were not changed";
pub const DONE: &str = "Permissions updated. The change applies from the next request.";
