//! The settings of an organization.

use domain::organization::KeyMakers;

use super::format::plural;

pub const ID: &str = "Organization ID";
pub const TITLE: &str = "General";
pub const LEDE: &str = "The name of the organization, and the rules for its API keys.";
pub const ABOUT: &str = "About organizations";
pub const NAME_TITLE: &str = "Name";
pub const NAME_HINT: &str = "Its ID and URLs stay the same.";
pub const NAME: &str = "Organization name";
pub const NAME_MISSING: &str = "Enter a name for the organization.";
pub const RENAMED: &str = "Organization renamed.";
pub const KEY_RULES: &str = "Rules for keys";
pub const KEY_MAKERS: &str = "Who can create keys";
pub const KEY_MAKERS_HINT: &str =
    "Existing keys keep working, and their owners can still rotate and revoke them.";
pub const KEYS_MAKE_KEYS: &str = "Keys can create keys";
pub const KEYS_MAKE_KEYS_HINT: &str = "A key can never create a key that can do more or last longer than itself. It can always rotate and revoke itself.";
pub const KEYS_MAKE_KEYS_YES: &str = "Yes, with write access to API keys";
pub const KEYS_MAKE_KEYS_NO: &str = "No, only people can";
pub const MAXIMUM_LIFETIME: &str = "Maximum lifetime of new keys";
pub const LIFETIME_DAYS: &str = "Maximum lifetime of new keys, in days";
pub const LIFETIME_HINT: &str = "From 1 to 3650 days. With a limit, every new key must expire within it. Leave blank for no limit. Existing keys keep their expiration.";
pub const PRESELECTED: &str = "Preselected expiration";
pub const PRESELECTED_DAYS: &str = "Preselected expiration, in days";
pub const PRESELECTED_HINT: &str = "What the form for a new key preselects, from 1 to 3650 days. Leave blank for no expiration. Everyone can choose another one.";
pub const NO_LIMIT: &str = "No limit";
pub const READ_ONLY: &str = "Only owners and admins can change this.";
pub const SAVE: &str = "Save";
pub const KEY_RULES_SAVED: &str =
    "Rules saved. They apply immediately. Existing keys keep their expiration.";
pub const NOTHING_CHANGED: &str = "Nothing was changed.";

/// Who can create keys, as a choice.
pub const fn key_makers(who: KeyMakers) -> &'static str {
    match who {
        KeyMakers::Members => "All members",
        KeyMakers::Admins => "Only owners and admins",
    }
}

/// A maximum lifetime of keys.
pub fn lifetime(days: Option<i64>) -> String {
    days.map_or_else(|| NO_LIMIT.to_owned(), |days| plural(days, "day"))
}

/// A preselected expiration.
pub fn preselected(days: Option<i64>) -> String {
    days.map_or_else(
        || super::create_key::NO_EXPIRATION.to_owned(),
        |days| plural(days, "day"),
    )
}
