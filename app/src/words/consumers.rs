//! Consumers of the organization's APIs.

use super::isolated;

pub const TITLE: &str = "Consumers";
pub const ABOUT: &str = "About consumers";
pub const CREATE: &str = "Create consumer";
pub const NONE_YET: &str = "No consumers yet";
pub const WHAT_FOR: &str = "Create one for each customer, partner or service that gets keys for your APIs. A consumer has no access to Roundtable.";
pub const SEARCH_LABEL: &str = "Search by name or external ID";
pub const CLEAR_SEARCH: &str = "Clear search";
pub const NO_MATCH: &str = "No consumers match";
pub const NO_MATCH_HINT: &str = "Try another search, or create the consumer.";
pub const NOT_CREATED: &str = "The consumer was not created";
pub const NEWEST: &str = "Newest consumers";
pub const OLDER: &str = "Older consumers";
pub const EXTERNAL_ID: &str = "External ID";
pub const EXTERNAL_ID_SAMPLE: &str = "customer_42";
pub const EXTERNAL_ID_HINT: &str = "The ID of the consumer in your own systems. Your API gets it with each request. It cannot be changed.";
pub const NOT_AN_EXTERNAL_ID: &str =
    "Enter an external ID of up to 128 letters, digits and signs, without spaces.";
pub const NAME_OPTIONAL: &str = "Name (optional)";
pub const NAME_SAMPLE: &str = "Initech";
pub const NAME_HINT: &str = "Without a name, the external ID is shown.";
pub const RENAME_HINT: &str = "You see this name in lists and in the audit log.";
pub const NAME_MISSING: &str = "Enter a name for the consumer.";
pub const METADATA_OPTIONAL: &str = "Metadata (optional)";
pub const METADATA: &str = "Metadata";
pub const METADATA_SAMPLE: &str = r#"{"plan": "pro"}"#;
pub const METADATA_HINT: &str = "A JSON object of up to 4 KB. Each verification of a key of the consumer returns it. Do not store secrets in it.";
pub const PAUSED: &str = "Paused";
pub const CREATED: &str = " created. Next, create a key for it.";
pub const CHANGED: &str = " changed.";
pub const PAUSED_DONE: &str = " paused. Its keys are refused.";
pub const RESUMED: &str = " resumed. Its active keys are accepted again.";
pub const KEYS: &str = "Keys";
pub const NO_KEYS: &str = "No keys yet.";
pub const CREATE_KEY: &str = "Create key";
pub const CREATE_KEY_FOR: &str = "Create key for";
pub const NO_APIS: &str = "Register an API first. A consumer has keys for your APIs only.";
pub const RESUME_FIRST: &str =
    "This consumer is paused, and its keys are refused. Resume it before you create a key.";
pub const RENAME: &str = "Rename";
pub const CHANGE_METADATA: &str = "Change metadata";
pub const PAUSE: &str = "Pause";
pub const PAUSE_TITLE: &str = "Pause consumer";
/// The effects of pausing it.
pub const PAUSE_EFFECTS: [&str; 2] = [
    "All its keys are refused immediately.",
    "You can resume it at any time. Its active keys are then accepted again.",
];
pub const RESUME: &str = "Resume";
pub const RESUME_TITLE: &str = "Resume consumer";
pub const RESUME_EFFECT: &str = "Its active keys are accepted again immediately.";

/// Below the title.
pub fn lede(organization: &str) -> String {
    let organization = isolated(organization);
    format!("Customers, partners and services that get keys for the APIs of {organization}.")
}

/// Above the table of consumers, for screen readers.
pub fn caption(organization: &str) -> String {
    format!("Consumers of {}", isolated(organization))
}

/// Above the table of its keys, for screen readers.
pub fn keys_caption(name: &str) -> String {
    format!("Keys of {}", isolated(name))
}
