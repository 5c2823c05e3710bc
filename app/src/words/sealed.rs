//! What an actor has sealed.

use domain::SealedCounts;

use super::isolated;

pub const TITLE: &str = "Sealed items";
pub const LEDE: &str =
    "Only your keys decrypt these items. Roundtable can count them, but never show them.";
pub const ABOUT: &str = "About sealed items";
pub const NOTHING: &str = "Nothing is sealed yet.";
pub const KIND: &str = "Kind";
pub const ITEMS: &str = "Items";
pub const NEWEST: &str = "Newest";
pub const UNREADABLE: &str = "No active key decrypts";
pub const KINDS_CAPTION: &str = "Sealed items by kind";
pub const KEYS: &str = "Keys that decrypt them";
pub const KEYS_LEDE: &str =
    "If you rotate a key without carrying over, what it decrypts is permanently unreadable.";
pub const ABOUT_CARRY_OVER: &str = "How to carry over";
pub const KEY: &str = "Key";
pub const DECRYPTS: &str = "Decrypts";
/// The link from the page of a service account.
pub const COUNTS_AND_DATES: &str = "Counts and dates";
pub const NO_KEY: &str = "No active key decrypts any of these items.";

/// The title of the page of a service account.
pub fn title_of(name: &str) -> String {
    format!("{TITLE} of {}", isolated(name))
}

/// Below that title.
pub fn lede_of(name: &str) -> String {
    format!(
        "Only the keys of {} decrypt these items. Roundtable can count them, but never show them.",
        isolated(name)
    )
}

/// What a key decrypts, by kind and number.
pub fn counts(counts: SealedCounts) -> String {
    let list = counts.list();
    if list.is_empty() {
        super::NONE.into()
    } else {
        list
    }
}
