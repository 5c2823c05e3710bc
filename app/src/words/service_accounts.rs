//! Service accounts.

use super::isolated;

pub const TITLE: &str = "Service accounts";
pub const CREATE: &str = "Create service account";
pub const ABOUT: &str = "About service accounts";
pub const NONE_YET: &str = "No service accounts yet";
pub const WHAT_FOR: &str =
    "Create one for each service that calls the API. Its keys keep working when people leave.";
pub const NEWEST: &str = "Newest service accounts";
pub const OLDER: &str = "Older service accounts";
pub const NAME_SAMPLE: &str = "Deploy pipeline";
pub const NAME_HINT: &str =
    "Name the program. Its actions appear in the audit log under this name.";
pub const NAME_MISSING: &str = "Enter a name for the service account.";
pub const NOT_CREATED: &str = "The service account was not created";
pub const ROLE_HINT: &str =
    "The most its keys can do. Choose Member unless the service manages resources that others own.";
pub const ROLE_CHANGE: &str = "A lower role limits its keys immediately. A higher role applies only to keys created afterwards.";
pub const MEMBER_SUMMARY: &str = "Use workspaces and runs, and manage its own keys.";
pub const ADMIN_SUMMARY: &str =
    "Also manage every key, service accounts, members and settings, and read all of the audit log.";
pub const ALLOW_MULTIPLE_KEYS: &str = "Allow multiple active keys";
pub const ALLOW_ONE_KEY: &str = "Allow only one active key";
pub const MULTIPLE_KEYS_HINT: &str = "For a service that needs several keys at the same time. Otherwise it has one key, which you replace by rotating it.";
pub const ONE_KEY_ALLOWED: &str =
    "This service account can have one active key at a time. To replace that key, rotate it.";
pub const MULTIPLE_KEYS_ALLOWED: &str = "This service account can have multiple active keys. If you allow only one again, existing keys keep working.";
pub const HAS_ITS_ONE_KEY: &str = "This service account already has its one active key. Rotate that key to replace it, or allow multiple active keys below.";
pub const ROTATE_KEY: &str = "Rotate";
pub const ENABLE_FIRST: &str =
    "This service account is disabled, and its keys don’t work. Enable it before you create a key.";
pub const NO_KEYS: &str =
    "No keys yet. The service account cannot call the API until it has a key.";
pub const DISABLE: &str = "Disable";
pub const ENABLE: &str = "Enable";
pub const DISABLE_LINK: &str = "Disable…";
pub const ENABLE_LINK: &str = "Enable…";
/// The effects of disabling it.
pub const DISABLE_EFFECTS: [&str; 2] = [
    "All its keys stop working immediately. Requests in flight fail.",
    "You can enable it again at any time. Its active keys then work again.",
];
pub const ENABLE_EFFECT: &str = "Its active keys work again immediately.";
pub const RENAME: &str = "Rename";
pub const CHANGE: &str = "Change…";
pub const SETTINGS: &str = "Settings";
pub const ONE_AT_A_TIME: &str = "One at a time";
pub const SEVERAL_AT_A_TIME: &str = "Several at the same time";

/// Below the title.
pub fn lede(organization: &str) -> String {
    let organization = isolated(organization);
    format!(
        "A service account lets a program use {organization}’s API with its own keys, independently of any person."
    )
}

/// Above the table of service accounts, for screen readers.
pub fn caption(organization: &str) -> String {
    format!("Service accounts of {}", isolated(organization))
}

pub const CREATED: &str = " created. Next, create its API key.";
pub const UPDATED: &str = " updated.";
pub const DISABLED: &str = " disabled. Its keys no longer work.";
pub const ENABLED: &str = " enabled. Its active keys work again.";

/// Above the table of its keys, for screen readers.
pub fn keys_caption(name: &str) -> String {
    format!("API keys of {}", isolated(name))
}

/// The number of active keys of a service account, and whether it can have several.
pub fn active_keys(count: i64, several: bool) -> String {
    format!(
        "{count}{}",
        if several { ", multiple allowed" } else { "" }
    )
}
