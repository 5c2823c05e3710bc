//! The APIs that the organization protects with keys.

use super::isolated;

pub const TITLE: &str = "APIs";
pub const ABOUT: &str = "About APIs";
pub const NONE_YET: &str = "No APIs yet";
pub const HOW_TO_REGISTER: &str = "Put an API of your own behind keys: register it with the REST API, give keys to its users, and let your reverse proxy check them here.";
pub const SHOW_ME_HOW: &str = "Protect your own API";
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
pub const FIRST_KEYS: &str = "First keys";
pub const MORE_KEYS: &str = "More keys";

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
