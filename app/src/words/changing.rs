//! The words of changing a key: rotating, renaming, removing permissions.

use domain::Moment;

use super::plural;

/// Puts a successor in a key's place.
pub const ROTATE: &str = "Rotate…";
/// Title of taking a key's place.
pub const ROTATE_KEY: &str = "Rotate key";
/// Before and after the name of the key to rotate.
pub const ROTATE_TITLE: (&str, &str) = ("Rotate “", "”");
/// Makes the successor.
pub const ROTATE_NOW: &str = "Rotate";
/// Above the faults of that form.
pub const NOT_ROTATED: &str = "The key was not rotated";
/// What rotating does (RU-18, RK-28).
pub const ROTATE_STEPS: [&str; 3] = [
    "You get a new key with the same permissions, environment and owner. It is shown once.",
    "Replace the old key everywhere it is used.",
    "The old key stops working at the end of the period you choose below. You can revoke it sooner.",
];
/// Above the choice of an overlap.
pub const OVERLAP: &str = "How long should the old key keep working?";
/// No overlap.
pub const AT_ONCE: &str = "Stop it now";
/// What no overlap means.
pub const AT_ONCE_HINT: &str = "requests that still use it fail";
/// The overlaps in seconds; the day is preselected.
pub const OVERLAPS: [(i64, &str); 5] =
    [(0, AT_ONCE), (3600, "1 hour"), (86_400, "1 day"), (259_200, "3 days"), (604_800, "7 days")];

/// Beneath an overlap: when the old key ends.
pub fn overlap_end(end: Moment) -> String {
    format!("until {}", end.to_words())
}

/// The name of the successor.
pub const NEW_NAME: &str = "Name of the new key";
/// What an empty name means.
pub const NEW_NAME_HINT: &str = "Leave blank to keep the current name.";
/// What is sealed to the old key.
pub const MESSAGE_LOSS: &str =
    "Messages and notes are encrypted to this key. If you rotate it here, they can never be read again.";
/// Goes on all the same.
pub const CONFIRM_LOSS: &str = "I understand these messages and notes will be permanently unreadable.";
/// This key cannot be rotated any more.
pub const CANNOT_ROTATE: &str = "This key has expired or was revoked. Create a new key instead.";
/// This key was rotated before.
pub const ROTATED_BEFORE: &str = "This key was already rotated. Rotate its replacement instead.";
/// Ends the old key before the overlap is over.
pub const END_NOW: &str = "Revoke it now";

/// Beside the new key: what becomes of the old one.
pub fn old_key(ends_at: Option<Moment>) -> String {
    match ends_at {
        Some(at) => format!("The old key keeps working until {}. ", at.to_words()),
        None => "The old key no longer works.".into(),
    }
}

/// What was lost with the old key.
pub fn lost(n: i64) -> Option<String> {
    let verb = if n == 1 { "was" } else { "were" };
    (n > 0).then(|| format!("{} {verb} encrypted to the old key and can no longer be read.", plural(n, "item")))
}

/// Gives a key another name.
pub const RENAME: &str = "Rename…";
/// Title of a key's new name.
pub const RENAME_KEY: &str = "Rename key";
/// Before and after the name of the key to rename.
pub const RENAME_TITLE: (&str, &str) = ("Rename “", "”");
/// Keeps the new name.
pub const SAVE_NAME: &str = "Save name";
/// Above the faults of that form.
pub const NOT_RENAMED: &str = "The key was not renamed";
/// The name was kept.
pub const RENAMED: &str = "Key renamed.";
/// What a name is.
pub const RENAME_HINT: &str = "Only the name changes. Scripts that use the key keep working.";
/// Title of the form that takes scopes away.
pub const NARROW: &str = "Remove permissions";
/// What that means.
pub const NARROW_HINT: &str = "Choose the permissions to keep. You cannot add removed permissions back to this key.";
/// Takes them away.
pub const NARROW_NOW: &str = "Save permissions";
/// Above the faults of that form.
pub const NOT_NARROWED: &str = "The permissions were not changed";
/// They were taken away.
pub const NARROWED: &str = "Permissions updated. The change applies from the next request.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_counted() {
        assert_eq!(lost(0), None);
        assert_eq!(lost(1).as_deref(), Some("1 item was encrypted to the old key and can no longer be read."));
        assert_eq!(lost(2).as_deref(), Some("2 items were encrypted to the old key and can no longer be read."));
    }
}
