//! The words of the form that makes a key.

use domain::Moment;
use domain::key::Environment;
use domain::scope::Group;

use super::{isolated, plural};

/// Begins making a key (RK-08).
pub const CREATE_KEY: &str = "Create API Key";
/// Makes the key (RK-10).
pub const CREATE_KEY_BUTTON: &str = "Create key";
/// While the key is being made.
pub const CREATING_KEY: &str = "Creating…";
/// Samples of names (RK-09).
pub const NAME_SAMPLES: [&str; 2] = ["CI/CD Pipeline", "Monitoring Script"];
/// Before the samples.
pub const NAME_HINT: &str = "Say where the key is used, for example ";
/// Between the samples.
pub const OR: &str = " or ";
/// A key of that name exists already (decision D24).
pub const NAME_TAKEN: &str =
    "A key with this name already exists. You can use the name again, but the keys will be hard to tell apart.";
/// Above the faults of the form for a new key.
pub const NOT_CREATED: &str = "The key was not created";
/// No answer came, and it is not known whether a key was made.
pub const PERHAPS_CREATED: &str = "A key may have been created, but it can no longer be shown. Check your connection and reload the page. If there is a new key with this name, revoke it and create another.";

/// As whom a new key will act.
pub fn acts_as(person: &str, organization: &str) -> String {
    format!("Acts as {} in {}.", isolated(person), isolated(organization))
}

/// For whom a new key is.
pub fn for_service(name: &str) -> String {
    format!("Acts as the service account {}.", isolated(name))
}

/// Above the choice of environment.
pub const ENVIRONMENT: &str = "Environment";

/// What an environment is, and how its keys begin (RU-06, RU-16, RU-17).
pub const fn environment_hint(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "Works on real data.",
        Environment::Test => "Works on sandbox data only.",
    }
}

/// How keys begin, before their prefix.
pub const BEGINS_WITH: &str = " Keys start with ";
/// Before and after the prefix of keys with full access.
pub const OR_WITH_FULL_ACCESS: (&str, &str) = (", or ", " with full access.");
/// Above the choice of permissions.
pub const PERMISSIONS: &str = "Permissions";
/// Beside the permissions (RU-13).
pub const LEAST_PRIVILEGE: &str =
    "Grant only the permissions the script needs. You can remove permissions later, but not add any.";
/// The choice of single scopes.
pub const CUSTOM: &str = "Custom";
/// What that choice means.
pub const CUSTOM_HINT: &str = "Choose access for each part of the API";
/// Why the table is shorter for a test key.
pub const SANDBOX_GROUPS: &str = "Test keys can reach only workspaces, runs and API keys.";
/// What write means.
pub const WRITE_INCLUDES: &str = "Write includes read.";
/// Looks for permissions in the list of them.
pub const NARROW_PICKS: &str = "Search permissions";

/// A permission of a group.
pub fn pick(group: Group, access: &str) -> String {
    format!("{}: {access}", group.label())
}

/// How many permissions are picked.
pub fn selected_scopes(n: i64) -> String {
    format!("{} selected.", plural(n, "permission"))
}

/// Above the choice of an end.
pub const EXPIRATION: &str = "Expiration";
/// The choice of no end.
pub const NO_EXPIRATION: &str = "No expiration";
/// What that means.
pub const UNTIL_REVOKED: &str = "until revoked";
/// The choice of a day.
pub const ON_A_DATE: &str = "On a date";
/// The day on which a key ends.
pub const LAST_DAY: &str = "Last day (UTC)";

/// Beside the choice of an end, where the organization limits it.
pub fn lives_at_most(days: i64) -> String {
    format!("Your organization limits new keys to {}.", plural(days, "day"))
}

/// What a form says when a chosen end is too late.
pub fn too_late(latest: &str) -> String {
    let latest = Moment::parse(latest).map_or_else(|| latest.to_owned(), Moment::to_words);
    format!("Your organization limits how long keys last. Choose a date no later than {latest}.")
}

/// Until when a new key works.
pub fn until(end: Moment) -> String {
    format!("Expires on {}.", end.to_words())
}

/// Until when a key works on the day that was chosen.
pub const UNTIL_CHOSEN_DAY: &str = "Expires at the end of that day (UTC).";
/// A key without an end.
pub const UNTIL_SOMEONE: &str = "Works until revoked.";
