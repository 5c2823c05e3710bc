//! Removing a member.

use super::format::plural;
use super::isolated;

pub const CONFIRM: &str = "Confirm and remove";
pub const WAITING: &str = "Removing…";
pub const LABEL: &str = "Remove";
pub const LINK: &str = "Remove…";
pub const TITLE: &str = "Remove member";
/// Before and after the name of the member to remove.
pub const HEADING: (&str, &str) = ("Remove ", "?");
pub const REMOVED: &str = " was removed.";
pub const FAILED: &str = "The member was not removed";
pub const TOO_MANY_KEYS: &str =
    "A service account was given more keys than it can have. Choose another one for some of them.";
pub const KEYS_CHANGED: &str = "A key or service account changed in the meantime. The list below is up to date: review it and try again.";
/// The effects of removing a member. The first is about the person.
pub const EFFECTS: [&str; 4] = [
    "They lose access immediately, and are signed out unless they belong to another organization here.",
    "Their keys stop working immediately, also those that you hand over. Scripts fail until they use a new key.",
    "Invitations they sent, and any for their email address, are canceled.",
    "Resources they created remain. The audit log records who removed them.",
];
pub const THEIR_KEYS: &str = "Their active keys";
pub const KEYS_HINT: &str = "Scripts that use these keys need new ones. Hand over a key, then update the script with the new key. A new service account is named after the key.";
pub const NO_KEYS: &str = "They have no active keys.";
pub const REVOKE: &str = "Revoke";
pub const HAND_OVER_TO_NEW: &str = "Hand over to a new service account";
pub const HAND_OVER_TO: &str = "Hand over to";
pub const ALREADY_REMOVED: &str = "This person is no longer a member";
pub const ALREADY_REMOVED_HINT: &str = "They left or were removed. If keys were handed over and you have not seen the new ones, open their service account and rotate them.";
pub const HANDED_OVER: &str = "New keys";
pub const HANDED_OVER_WARNING: &str = "Copy each key now. They will not be shown again.";
pub const HANDED_OVER_OLD: &str = "The old keys no longer work. Use each new key in its place.";

/// The ID of the field that confirms the revocation of a key, and the name of its fault.
pub fn confirm_id(key: domain::KeyId) -> String {
    format!("confirm-{key}")
}

/// The button that removes a member.
pub fn button(name: &str) -> String {
    format!("Remove {}", isolated(name))
}

/// The label of the choice for a key.
pub fn disposition_label(key: &str) -> String {
    format!("What to do with {}", isolated(key))
}

/// The note that the list does not contain all of their keys.
pub fn keys_not_listed(count: i64) -> String {
    let verb = if count == 1 {
        "is not listed. It stops"
    } else {
        "are not listed. They stop"
    };
    format!("{} {verb} working (403).", plural(count, "more key"))
}
