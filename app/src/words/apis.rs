//! The APIs that the organization protects with keys.

use super::isolated;

pub const TITLE: &str = "APIs";
pub const ABOUT: &str = "About APIs";
pub const NONE_YET: &str = "No APIs yet";
pub const WHAT_FOR: &str = "Put an API of your own behind keys: register it, give keys to its users, and let your reverse proxy check them here.";
pub const SHOW_ME_HOW: &str = "Protect your own API";
pub const REGISTER: &str = "Register API";
pub const REGISTERED: &str =
    "The API was registered. Connect your reverse proxy, and then create keys with the REST API.";
pub const NOT_REGISTERED: &str = "The API was not registered";
pub const NAME_SAMPLE: &str = "Orders";
pub const NAME_HINT: &str = "People see this name here and in the audit log.";
pub const SLUG_SAMPLE: &str = "orders";
pub const SLUG_HINT: &str = "Lower-case letters, digits and hyphens. It is part of the URL of the gate and cannot be changed.";
pub const KEY_PREFIX_OPTIONAL: &str = "Key prefix (optional)";
pub const KEY_PREFIX_HINT: &str = "Every key begins with it. Without one, keys begin with the name in URLs, without hyphens. It cannot be changed.";
pub const PERMISSIONS_OPTIONAL: &str = "Permissions (optional)";
pub const PERMISSIONS_SAMPLE: &str = "orders:read Read orders";
pub const PERMISSIONS_HINT: &str = "One permission a line: a word, a space and what it allows. Your proxy or your code asks for the word, such as orders:read.";
pub const NAME_MISSING: &str = "Enter a name for the API.";
pub const NOT_A_SLUG: &str = "For the name in URLs, use 2 to 40 lower-case letters, digits and single hyphens. Begin with a letter.";
pub const NOT_A_PERMISSION: &str = "Begin each permission with a word of lower-case letters, digits and the characters : . _ -, such as orders:read.";
pub const PERMISSION_TWICE: &str = "List each permission once.";
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
pub const RECIPES: &str = "Recipes for nginx, Caddy, Traefik and Envoy";
pub const COPY_GATE: &str = "Copy the URL of the gate";
pub const PERMISSION: &str = "Permission";
pub const DESCRIPTION: &str = "Description";
pub const INCLUDES: &str = "Includes";
pub const NO_PERMISSIONS: &str = "This API has no permissions. A key for it is valid or not.";
pub const KEYS: &str = "Keys";
pub const NO_KEYS: &str = "No keys yet.";

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
