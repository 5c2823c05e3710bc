//! Revoking several keys.

pub const CONFIRM: &str = "Confirm and revoke";
pub const TITLE: &str = "Revoke selected";
pub const CONFIRM_MANY: &str = "These are many keys, and revoking them is permanent.";
pub const NOTHING_SELECTED: &str = "No keys are selected. Go back and choose the keys to revoke.";

/// The phrase to type to revoke several keys.
pub fn phrase(n: usize) -> String {
    format!(
        "revoke {n} {}",
        super::revoke_key::one_or_several(n, "key", "keys")
    )
}

/// The heading of the page that revokes several keys.
pub fn heading(n: usize) -> String {
    format!(
        "Revoke {n} {}?",
        super::revoke_key::one_or_several(n, "key", "keys")
    )
}

/// The notice after revoking several keys. `n` is 0 if all were already revoked.
pub fn revoked(n: usize) -> String {
    match n {
        0 => "The keys were already revoked. ".into(),
        n => format!(
            "{n} {} revoked. ",
            super::revoke_key::one_or_several(n, "key", "keys")
        ),
    }
}

/// Why none of this number of selected keys can be revoked.
pub const fn none_left(n: usize) -> &'static str {
    match n {
        0 => NOTHING_SELECTED,
        n => super::revoke_key::one_or_several(
            n,
            super::revoke_key::ALREADY_REVOKED,
            "These keys were already revoked.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_keys_are_counted() {
        assert_eq!(phrase(3), "revoke 3 keys");
        assert_eq!(
            [revoked(1), revoked(2)],
            ["1 key revoked. ", "2 keys revoked. "]
        );
    }
}
