//! The APIs that the organization protects with keys.

use domain::Environment;

use super::isolated;

pub const TITLE: &str = "APIs";
pub const ABOUT: &str = "About APIs";
pub const NONE_YET: &str = "No APIs yet";
pub const WHAT_FOR: &str = "Put an API of your own behind keys: register it, give keys to its users, and let your reverse proxy check them here.";
pub const SHOW_ME_HOW: &str = "Protect your own API";
pub const REGISTER: &str = "Register API";
pub const REGISTERED: &str =
    "The API was registered. Next, create a consumer and its key, and connect your reverse proxy.";
pub const CHANGED: &str = "The API was changed.";
pub const ARCHIVED_DONE: &str = "The API was archived. All its keys are refused.";
pub const RESTORED: &str = "The API was restored. Its active keys are accepted again.";
pub const NOT_REGISTERED: &str = "The API was not registered";
pub const NAME_SAMPLE: &str = "Orders";
pub const NAME_HINT: &str = "People see this name here and in the audit log.";
pub const SLUG_SAMPLE: &str = "orders";
pub const SLUG_HINT: &str = "Lower-case letters, digits and hyphens. It is part of the URL of the gate and cannot be changed.";
pub const KEY_PREFIX_OPTIONAL: &str = "Key prefix (optional)";
pub const KEY_PREFIX_HINT: &str = "Every key begins with it. Without one, keys begin with the name in URLs, without hyphens. It cannot be changed.";
pub const PERMISSIONS_OPTIONAL: &str = "Permissions (optional)";
pub const PERMISSIONS_SAMPLE: &str = "orders:read Read orders";
pub const PERMISSIONS_HINT: &str = "One permission a line: a word, a space and what it allows. Your proxy or your code asks for the word, such as orders:read. If a permission includes others, end its line with (includes orders:read).";
pub const NAME_MISSING: &str = "Enter a name for the API.";
pub const NOT_A_SLUG: &str = "For the name in URLs, use 2 to 40 lower-case letters, digits and single hyphens. Begin with a letter.";
pub const NOT_A_PERMISSION: &str = "Begin each permission with a word of lower-case letters, digits and the characters : . _ -, such as orders:read.";
pub const PERMISSION_TWICE: &str = "List each permission once.";
pub const PERMISSION_UNDECLARED: &str = "Include only permissions that have a line of their own.";
pub const NEWEST: &str = "Newest APIs";
pub const OLDER: &str = "Older APIs";
pub const SLUG: &str = "Name in URLs";
pub const KEY_PREFIX: &str = "Key prefix";
pub const KEY_HEADER: &str = "Key header";
pub const ENVIRONMENTS: &str = "Environments";
pub const ARCHIVED: &str = "Archived";
pub const CONNECT: &str = "Connect";
pub const GATE_HINT: &str =
    "Your reverse proxy sends each request to this gate, and passes it on if the status is 200.";
pub const RECIPES_HINT: &str = "Each recipe is a complete configuration. In it, your API listens on 127.0.0.1:8000. The documentation explains each of them.";
pub const COPY_GATE: &str = "Copy the URL of the gate";
pub const PERMISSION: &str = "Permission";
pub const DESCRIPTION: &str = "Description";
pub const INCLUDES: &str = "Includes";
pub const NO_PERMISSIONS: &str = "This API has no permissions. A key for it is valid or not.";
pub const KEYS: &str = "Keys";
pub const NO_KEYS: &str = "No keys yet.";

pub const RENAME: &str = "Rename";
pub const RENAME_BUTTON: &str = "Rename API";
pub const CHANGE_PERMISSIONS: &str = "Change permissions";
pub const PERMISSIONS_CHANGE: &str = "Keys lose a permission that you remove immediately.";
pub const KEYS_SETTINGS: &str = "Keys and gate";
pub const SAVE_KEYS_SETTINGS: &str = "Save";
pub const KEYS_CHANGE: &str = "A key in another header is refused immediately.";
pub const KEY_HEADER_HINT: &str =
    "Choose X-API-Key if users of your API send tokens of their own in Authorization.";
pub const ENVIRONMENTS_HINT: &str =
    "New keys are for these environments. Existing keys stay as they are.";
pub const SIGNED_ASSERTION: &str = "Signed assertion";
pub const SIGNED_ASSERTION_HINT: &str = "The gate signs what it says about a key, so that your API can check that a request passed the gate.";
pub const ON: &str = "On";
pub const OFF: &str = "Off";
pub const BOTH_ENVIRONMENTS: &str = "Production and Test";
pub const ARCHIVE: &str = "Archive";
pub const ARCHIVE_TITLE: &str = "Archive API";
/// The effects of archiving it.
pub const ARCHIVE_EFFECTS: [&str; 2] = [
    "All its keys are refused immediately.",
    "You can restore it at any time. Its active keys are then accepted again.",
];
pub const RESTORE: &str = "Restore";
pub const RESTORE_TITLE: &str = "Restore API";
pub const RESTORE_EFFECT: &str = "Its active keys are accepted again immediately.";

pub const CREATE_KEY: &str = "Create key";
pub const KEY_NAME_HINT: &str =
    "Say who uses it and where. You see this name in lists and in the audit log.";
pub const KEY_NAME_SAMPLE: &str = "Initech production";
pub const OWNER_CONSUMER: &str = "A consumer";
pub const OWNER_CONSUMER_HINT: &str = "A customer, a partner or a service outside of Roundtable.";
pub const OWNER_ACCOUNT: &str = "A service account";
pub const OWNER_ACCOUNT_HINT: &str = "A program of your own.";
pub const OWNER_ME: &str = "You";
pub const OWNER_ME_HINT: &str = "To try the API.";
pub const EXTERNAL_ID: &str = "External ID of the consumer";
pub const EXTERNAL_ID_HINT: &str = "Choose one, or type it.";
pub const CREATE_CONSUMER_FIRST: &str = "Create consumer";
pub const SERVICE_ACCOUNT: &str = "Service account";
pub const SERVICE_ACCOUNT_HINT: &str = "The key gives it no access to Roundtable.";
pub const CHOOSE_ACCOUNT: &str = "Choose a service account.";
pub const CHOOSE_CONSUMER: &str = "Enter the external ID of a consumer.";
pub const NO_SUCH_CONSUMER: &str = "No consumer has this external ID. Create the consumer first.";
pub const KEY_PERMISSIONS_HINT: &str =
    "Grant only what the key needs. A key without permissions is valid, and nothing more.";

/// What a key for an environment of an API is for.
pub const fn environment_hint(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "For real data.",
        Environment::Test => "Passes only gates with environment=test.",
    }
}

/// The title of the form for a key.
pub fn create_key_title(api: &str) -> String {
    format!("Create key for {}", isolated(api))
}

/// The owner of a new key.
pub fn key_belongs_to(owner: &str) -> String {
    format!("Belongs to {}.", isolated(owner))
}

/// The name of a button.
pub fn copy_recipe(program: &str) -> String {
    format!("Copy the configuration of {program}")
}

/// Below the title.
pub fn lede(organization: &str) -> String {
    let organization = isolated(organization);
    format!("APIs of {organization} whose keys Roundtable creates and checks.")
}

/// Above the table of APIs, for screen readers.
pub fn caption(organization: &str) -> String {
    format!("APIs of {}", isolated(organization))
}

/// Above the table of permissions, for screen readers.
pub fn permissions_caption(api: &str) -> String {
    format!("Permissions of {}", isolated(api))
}

/// Above the table of keys, for screen readers.
pub fn keys_caption(api: &str) -> String {
    format!("Keys for {}", isolated(api))
}
