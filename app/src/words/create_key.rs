//! Creating a key.

use domain::Moment;
use domain::environment::Environment;
use domain::scope::Group;

use super::format::plural;
use super::isolated;

pub const CONFIRM: &str = "Confirm and generate";
pub const ALREADY_CREATED: &str = "This form was already submitted, and this is the key it created. The secret was shown then and cannot be shown again.";
pub const TITLE: &str = "Create API Key";
pub const BUTTON: &str = "Generate";
pub const WAITING: &str = "Generating…";
/// Samples of names.
pub const NAME_SAMPLES: [&str; 2] = ["CI/CD Pipeline", "Monitoring Script"];
pub const NAME_HINT: &str = "Say where the key is used, for example ";
pub const OR: &str = " or ";
pub const NAME_TAKEN: &str = "A key with this name already exists. You can use the name again, but the keys will be hard to tell apart.";
pub const FAILED: &str = "The key was not created";
pub const NO_ANSWER: &str = "A key may have been created, but it can no longer be shown. Check your connection and reload the page. If there is a new key with this name, revoke it and create another.";

/// The actor of a new key.
pub fn acts_as(person: &str, organization: &str) -> String {
    format!(
        "Acts as {} in {}.",
        isolated(person),
        isolated(organization)
    )
}

/// The service account of a new key.
pub fn acts_as_service_account(name: &str) -> String {
    format!("Acts as the service account {}.", isolated(name))
}

pub const ENVIRONMENT: &str = "Environment";

/// What an environment is.
pub const fn environment_hint(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "Works on real data.",
        Environment::Test => "Works on sandbox data only.",
    }
}

pub const KEYS_START_WITH: &str = " Keys start with ";
/// Before and after the prefix of keys with full access.
pub const OR_WITH_FULL_ACCESS: (&str, &str) = (", or ", " with full access.");
pub const PERMISSIONS: &str = "Permissions";
pub const LEAST_PRIVILEGE: &str = "Follow least privilege: grant only the permissions the script needs. You can remove permissions later, but not add any.";
pub const CUSTOM: &str = "Custom";
pub const CUSTOM_HINT: &str = "Choose access for each part of the API";
pub const SANDBOX_GROUPS: &str = "Test keys can access only workspaces, runs and API keys.";
pub const WRITE_INCLUDES_READ: &str = "Write includes read.";
pub const SEARCH_PERMISSIONS: &str = "Search permissions";

/// A permission of a group.
pub fn permission_of(group: Group, access: &str) -> String {
    format!("{}: {access}", group.label())
}

/// The number of selected permissions.
pub fn selected_scopes(n: i64) -> String {
    format!("{} selected.", plural(n, "permission"))
}

pub const EXPIRATION: &str = "Expiration";
pub const NO_EXPIRATION: &str = "No expiration";
pub const UNTIL_REVOKED: &str = "until revoked";
pub const ON_A_DATE: &str = "On a date";
pub const LAST_DAY: &str = "Last day (UTC)";

/// Below the choice of an expiration, if the organization limits it.
pub fn maximum_lifetime(days: i64) -> String {
    format!(
        "Your organization limits new keys to {}.",
        plural(days, "day")
    )
}

/// The error for an expiration that is too late.
pub fn expiry_too_late(latest: &str) -> String {
    let latest = Moment::parse(latest).map_or_else(|| latest.to_owned(), Moment::to_words);
    format!("Your organization limits how long keys last. Choose a date no later than {latest}.")
}

/// When a new key expires.
pub fn expires_on(end: Moment) -> String {
    format!("Expires on {}.", end.to_words())
}

pub const EXPIRES_ON_CHOSEN_DAY: &str = "Expires at the end of that day (UTC).";
pub const WORKS_UNTIL_REVOKED: &str = "Works until revoked.";
pub const NOT_ALLOWED: &str = "In this organization, only owners and admins can create keys. Ask one of them if you need a key.";
