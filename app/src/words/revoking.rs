//! The words of ending keys, one or several.

/// Ends a key (RK-21).
pub const REVOKE: &str = "Revoke";
/// Confirms that a key ends (RK-22).
pub const REVOKE_KEY: &str = "Revoke key";
/// While the key is being ended.
pub const REVOKING: &str = "Revoking…";
/// Above the faults of the form that ends a key.
pub const NOT_REVOKED: &str = "The key was not revoked";
/// No answer came.
pub const PERHAPS_REVOKED: &str =
    "The key may or may not be revoked. Check your connection and try again. Revoking a key twice is safe.";
/// There is no way back (RK-27).
pub const REVOKE_FOR_GOOD: &str = "This is permanent. You can create a new key at any time.";
/// What was typed is not what was asked for.
pub const CONFIRM_DIFFERS: &str = "That doesn’t match. Type it exactly as shown.";
/// Nothing was typed.
pub const CONFIRM_MISSING: &str = "To confirm, type it exactly as shown.";
/// The key ended before.
pub const ENDED_BEFORE: &str = "This key was already revoked.";
/// Ends a key, after a question.
pub const REVOKE_ASKING: &str = "Revoke…";
/// Ends the chosen keys.
pub const REVOKE_SELECTED: &str = "Revoke selected";
/// No key was chosen for revoking.
pub const NOTHING_SELECTED: &str = "No keys are selected. Go back and choose the keys to revoke.";
/// A key that was used lately.
pub const USED_LATELY: &str = "Used in the last 7 days";

/// Before and after the name of the key that is to end.
pub const REVOKE_TITLE: (&str, &str) = ("Revoke “", "”?");
/// Why a key ends.
pub const REASON: &str = "Reason";
/// After the name of a key that ended just now.
pub const REVOKED_NOW: &str = "” revoked. ";
/// After the name of a key that had ended before.
pub const REVOKED_BEFORE: &str = "” was already revoked. ";

/// One of two wordings, for one key or for several.
const fn of(n: usize, one: &'static str, several: &'static str) -> &'static str {
    if n == 1 { one } else { several }
}

/// What to type to end several keys.
pub fn revoke_phrase(n: usize) -> String {
    format!("revoke {n} {}", of(n, "key", "keys"))
}

/// Title of the question before several keys end.
pub fn revoke_many(n: usize) -> String {
    format!("Revoke {n} {}?", of(n, "key", "keys"))
}

/// Several keys have ended; none of them now, if all had before.
pub fn revoked_many(n: usize) -> String {
    match n {
        0 => "The keys were already revoked. ".into(),
        n => format!("{n} {} revoked. ", of(n, "key", "keys")),
    }
}

/// Above the faults of the form that ends so many keys.
pub const fn not_revoked(n: usize) -> &'static str {
    of(n, NOT_REVOKED, "The keys were not revoked")
}

/// What ending so many keys does (RK-23, RK-24).
pub const fn revoke_at_once(n: usize) -> &'static str {
    of(
        n,
        "The key stops working immediately. Requests in progress fail.",
        "The keys stop working immediately. Requests in progress fail.",
    )
}

/// It is on record (RK-25).
pub const fn revoke_logged(n: usize) -> &'static str {
    of(n, "The audit log records who revoked the key and why.", "The audit log records who revoked the keys and why.")
}

/// Why something must be typed first.
pub const fn confirm_hint(n: usize) -> &'static str {
    of(n, "This key was used in the last 7 days.", "Some of these keys were used in the last 7 days.")
}

/// Why none of so many chosen keys is left to revoke.
pub const fn none_left(n: usize) -> &'static str {
    match n {
        0 => NOTHING_SELECTED,
        n => of(n, ENDED_BEFORE, "These keys were already revoked."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_keys_are_counted() {
        assert_eq!(revoke_phrase(3), "revoke 3 keys");
        assert_eq!([revoked_many(1), revoked_many(2)], ["1 key revoked. ", "2 keys revoked. "]);
    }
}
