//! The words of service accounts and of the organization.

use domain::key::KeyMakers;

use super::isolated;

// Service accounts.

/// The page of service accounts.
pub const SERVICE_ACCOUNTS: &str = "Service accounts";
/// Begins making a service account (RA-17).
pub const CREATE_ACCOUNT: &str = "Create service account";
/// Leads to the documentation of service accounts.
pub const ABOUT_ACCOUNTS: &str = "About service accounts";
/// Title of the empty list.
pub const NO_ACCOUNTS: &str = "No service accounts yet";
/// What a service account is for (RA-16).
pub const ACCOUNTS_FOR: &str =
    "Create one for each service that calls the API. Its keys keep working when people leave.";
/// Back to the top of the list.
pub const NEWEST_ACCOUNTS: &str = "Newest service accounts";
/// Further down the list.
pub const OLDER_ACCOUNTS: &str = "Older service accounts";
/// A sample of a name.
pub const ACCOUNT_SAMPLE: &str = "Deploy pipeline";
/// What the name is for.
pub const ACCOUNT_NAME_HINT: &str = "Name the program. Its actions appear in the audit log under this name.";
/// No name was given.
pub const ACCOUNT_NAME_MISSING: &str = "Enter a name for the service account.";
/// Above the faults of the form for a service account.
pub const ACCOUNT_NOT_CREATED: &str = "The service account was not created";
/// What a role means to a service account.
pub const ACCOUNT_ROLE_HINT: &str =
    "The most its keys can do. Choose Member unless the service manages resources that others own.";
/// When another role counts (decision D6).
pub const ACCOUNT_ROLE_CHANGE: &str =
    "A lower role limits its keys immediately. A higher role applies only to keys created afterwards.";
/// What a member may do.
pub const MEMBER_MAY: &str = "Use workspaces and runs, and manage its own keys.";
/// What an admin may do besides.
pub const ADMIN_MAY: &str =
    "Also manage every key, service accounts, members and settings, and read all of the audit log.";
/// How many keys at a time (decision D4).
pub const KEYS_AT_A_TIME: &str = "Active keys";
/// Lets it have several keys.
pub const ALLOW_SEVERAL: &str = "Allow multiple active keys";
/// Lets it have one key.
pub const ALLOW_ONE: &str = "Allow only one active key";
/// What several keys are for, beside the choice.
pub const SEVERAL_HINT: &str = "For a service that needs several keys at the same time. Otherwise it has one key, which you replace by rotating it.";
/// It may have one key (RO-20, RO-21).
pub const HAS_ONE_AT_A_TIME: &str =
    "This service account can have one active key at a time. To replace that key, rotate it.";
/// It may have several.
pub const HAS_SEVERAL: &str =
    "This service account can have multiple active keys. If you allow only one again, existing keys keep working.";
/// It has its key (RO-20, RO-21).
pub const HAS_ITS_KEY: &str = "This service account already has its one active key. Rotate that key to replace it, or allow multiple active keys below.";
/// Puts a new key in the place of the old.
pub const ROTATE_ITS_KEY: &str = "Rotate";
/// Begins making a key of a service account.
pub const CREATE_ITS_KEY: &str = "Create key";
/// Back to the top of the list.
pub const FIRST_KEYS: &str = "First keys";
/// Further down the list.
pub const MORE_KEYS: &str = "More keys";
/// It cannot get a key.
pub const ENABLE_FIRST: &str =
    "This service account is disabled, and its keys don’t work. Enable it before you create a key.";
/// It has no key yet.
pub const NO_ACCOUNT_KEYS: &str = "No keys yet. The service account cannot call the API until it has a key.";
/// Stops its keys.
pub const DISABLE: &str = "Disable";
/// Lets its keys work again.
pub const ENABLE: &str = "Enable";
/// Above the form that stops its keys.
pub const DISABLE_ACCOUNT: &str = "Disable service account";
/// What stopping means.
pub const DISABLE_EFFECTS: [&str; 2] = [
    "All its keys stop working immediately. Requests in progress fail.",
    "You can enable it again at any time. Its active keys then work again.",
];
/// Above the form that lets its keys work again.
pub const ENABLE_ACCOUNT: &str = "Enable service account";
/// What that means.
pub const ENABLE_EFFECT: &str = "Its active keys work again immediately.";
/// Keeps another name.
pub const RENAME_ACCOUNT: &str = "Rename";
/// Keeps another role.
pub const CHANGE_ROLE: &str = "Change role";

// The organization.

/// The page of the organization.
pub const ORGANIZATION: &str = "Organization";
/// Beneath its title.
pub const ORGANIZATION_LEDE: &str = "Its name, and the rules for its API keys.";
/// Leads to the documentation of organizations.
pub const ABOUT_ORGANIZATIONS: &str = "About organizations";
/// Gives it another name.
pub const RENAME_ORGANIZATION: &str = "Name";
/// What the name is.
pub const ORGANIZATION_NAME_HINT: &str = "Its ID and URLs stay the same.";
/// The label of its field.
pub const ORGANIZATION_NAME: &str = "Organization name";
/// No name was given.
pub const ORGANIZATION_NAME_MISSING: &str = "Enter a name for the organization.";
/// The name was kept.
pub const ORGANIZATION_RENAMED: &str = "Organization renamed.";
/// Above what members read of the rules.
pub const KEY_RULES: &str = "Rules for keys";
/// Who may make keys.
pub const KEY_MAKERS: &str = "Who can create keys";
/// What that choice is about.
pub const KEY_MAKERS_HINT: &str = "Existing keys keep working, and their owners can still rotate and revoke them.";
/// Whether keys may make keys.
pub const KEYS_MAKE_KEYS: &str = "Keys can create keys";
/// What that choice is about.
pub const KEYS_MAKE_KEYS_HINT: &str = "A key can never create a key that can do more or lasts longer than itself. It can always rotate and revoke itself.";
/// They may.
pub const KEYS_MAKE_THEM: &str = "Yes, with write access to API keys";
/// They may not.
pub const ONLY_PEOPLE_MAKE_THEM: &str = "No, only people can";
/// Why someone finds no button that creates a key.
pub const MAY_NOT_CREATE: &str =
    "In this organization, only owners and admins can create keys. Ask one of them if you need a key.";
/// Begins making a further organization (KE-05).
pub const NEW_ORGANIZATION: &str = "Create organization";
/// What an organization is.
pub const NEW_ORGANIZATION_HINT: &str =
    "Each organization has its own keys, members and audit log. You will be its owner.";
/// After the name of an organization that was made just now.
pub const FOUNDED: &str = "” created. You are its owner.";
/// The setting of decision D17.
pub const LONGEST_LIFETIME: &str = "Maximum lifetime of new keys";
/// Its unit.
pub const LIFETIME_DAYS: &str = "Days";
/// What it does.
pub const LIFETIME_HINT: &str =
    "From 1 to 3650 days. With a limit, every new key must expire within it. Leave blank for no limit.";
/// What it does not do.
pub const LIFETIME_KEEPS: &str = "Existing keys keep their expiration.";
/// There is no limit.
pub const NO_LIMIT: &str = "No limit";
/// Why someone cannot change it.
pub const ORGANIZATION_READ_ONLY: &str = "Only owners and admins can change this.";
/// Keeps what was typed.
pub const SAVE: &str = "Save";
/// How long keys may live was kept.
pub const LIFETIME_SAVED: &str = "Setting saved. It applies to keys created from now on.";
/// Who may make keys was kept.
pub const MAKERS_SAVED: &str = "Setting saved. It applies immediately.";

/// Beneath the title of the list of service accounts (RA-16).
pub fn accounts_lede(organization: &str) -> String {
    let organization = isolated(organization);
    format!("A service account lets a program use {organization}’s API with its own keys, independent of any person.")
}

/// Who may make keys, as a choice.
pub const fn key_makers(who: KeyMakers) -> &'static str {
    match who {
        KeyMakers::Members => "All members",
        KeyMakers::Admins => "Only owners and admins",
    }
}

/// Above the table of service accounts, for screen readers.
pub fn accounts_caption(organization: &str) -> String {
    format!("Service accounts of {}", isolated(organization))
}

/// After the name of a service account that was made just now.
pub const ACCOUNT_CREATED: &str = " created. Next, create its API key.";
/// After the name of one that was changed.
pub const ACCOUNT_CHANGED: &str = " updated.";
/// After the name of one that was disabled.
pub const ACCOUNT_DISABLED: &str = " disabled. Its keys no longer work.";
/// After the name of one that was enabled.
pub const ACCOUNT_ENABLED: &str = " enabled. Its active keys work again.";

/// Above the table of its keys, for screen readers.
pub fn account_keys_caption(name: &str) -> String {
    format!("API keys of {}", isolated(name))
}

/// How many keys a service account has, and whether it may have more.
pub fn active_keys(count: i64, several: bool) -> String {
    format!("{count}{}", if several { ", multiple allowed" } else { "" })
}

/// A lifetime of keys.
pub fn lifetime(days: Option<i64>) -> String {
    days.map_or_else(|| NO_LIMIT.to_owned(), |days| format!("{days} day{}", if days == 1 { "" } else { "s" }))
}
