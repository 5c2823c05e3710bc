//! Rotating a key.

use domain::{Moment, SealedCounts};

pub const LINK: &str = "Rotate…";
pub const TITLE: &str = "Rotate key";
/// Before and after the name of the key to rotate.
pub const HEADING: (&str, &str) = ("Rotate “", "”");
pub const BUTTON: &str = "Rotate";
pub const CONFIRM: &str = "Confirm and rotate";
pub const WAITING: &str = "Rotating…";
pub const FAILED: &str = "The key was not rotated";
/// The steps of a rotation.
pub const STEPS: [&str; 3] = [
    "You get a new key with the same permissions, environment and owner. It is shown once.",
    "Replace the old key everywhere it is used.",
    "The old key stops working at the end of the grace period you choose below. You can revoke it sooner.",
];
pub const OVERLAP: &str = "How long should the old key keep working?";
pub const STOP_NOW: &str = "Stop it now";
pub const STOP_NOW_HINT: &str = "requests that still use it fail";
/// The overlaps in seconds. One day is preselected.
pub const OVERLAPS: [(i64, &str); 5] = [
    (0, STOP_NOW),
    (3600, "1 hour"),
    (86_400, "1 day"),
    (259_200, "3 days"),
    (604_800, "7 days"),
];

/// Below an overlap: when the old key stops working.
pub fn overlap_end(end: Moment) -> String {
    format!("until {}", end.to_words())
}

pub const NEW_NAME: &str = "Name of the new key";
pub const NEW_NAME_HINT: &str = "Leave blank to keep the current name.";
pub const CONFIRM_MESSAGE_LOSS: &str =
    "I understand these messages will be permanently unreadable.";
pub const KEEP_ITEMS: &str =
    "To keep them, let the key rotate itself over the API and carry them over.";
pub const ABOUT_CARRY_OVER: &str = "How to carry over";
pub const SEE_SEALED: &str = "See all sealed items";

/// What a rotation makes unreadable, by kind and number.
pub fn at_stake(lost: SealedCounts) -> String {
    let (verb, them) = if lost.total() == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    };
    format!(
        "{} {verb} encrypted for this key. If you rotate it here, nobody can ever read {them} again.",
        lost.list()
    )
}

pub const NOT_ACTIVE: &str = "This key has expired or was revoked. Create a new key instead.";
pub const ALREADY_ROTATED: &str = "This key was already rotated. Rotate its replacement instead.";
pub const REVOKE_OLD_KEY: &str = "Revoke it now";

pub const IN_PROGRESS: &str = "Rotation in progress";
pub const ROTATING: &str = "Rotating";
pub const OLD_KEY: &str = "Old key";
pub const NEW_KEY: &str = "New key";
pub const PAIR: &str = "Rotation";
pub const REVOKE_OLD: &str = "Revoke the old key…";

/// Whether the old key can be revoked, by which of the two keys was used since the rotation.
pub const fn advice(old_is_used: bool, new_is_used: bool) -> &'static str {
    match (old_is_used, new_is_used) {
        (_, false) => "The new key has not been used yet. Replace the old key where it is used.",
        (true, true) => "Something still uses the old key. Replace it there too.",
        (false, true) => {
            "The new key is in use, and nothing has used the old key since the rotation. You can revoke the old key."
        }
    }
}

/// The title above the key that replaces another one with this name.
pub fn new_key_for(name: &str) -> String {
    format!("New key for “{}”", super::isolated(name))
}

/// Below the new key: until when the old key works.
pub fn old_key(ends_at: Option<Moment>) -> String {
    match ends_at {
        Some(at) => format!("The old key keeps working until {}. ", at.to_words()),
        None => "The old key no longer works.".into(),
    }
}

/// What was lost with the old key, by kind and number.
pub fn items_lost(lost: SealedCounts) -> Option<String> {
    let verb = if lost.total() == 1 { "was" } else { "were" };
    (lost.total() > 0).then(|| {
        format!(
            "{} {verb} encrypted for the old key and can no longer be read.",
            lost.list()
        )
    })
}

#[cfg(test)]
mod tests {
    use domain::SealedKind;

    use super::*;

    // RO-31
    #[test]
    fn what_is_lost_is_counted_by_kind() {
        let one = SealedCounts::NONE.with(SealedKind::Todos, 1);
        let more = one.with(SealedKind::Inbox, 2);
        assert_eq!(items_lost(SealedCounts::NONE), None);
        assert_eq!(
            items_lost(one).as_deref(),
            Some("1 todo was encrypted for the old key and can no longer be read.")
        );
        assert_eq!(
            items_lost(more).as_deref(),
            Some("2 messages and 1 todo were encrypted for the old key and can no longer be read.")
        );
        assert_eq!(
            at_stake(one),
            "1 todo is encrypted for this key. If you rotate it here, nobody can ever read it again."
        );
        assert_eq!(
            at_stake(more),
            "2 messages and 1 todo are encrypted for this key. If you rotate it here, nobody can ever read them again."
        );
    }
}
