//! Creating a key.

use domain::environment::Environment;
use domain::scope::Group;
use domain::{Moment, Role};

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

/// The owner of a new key, in its summary.
pub fn acts_as(owner: &str) -> String {
    format!("acts as {}", isolated(owner))
}

/// The choice of the person as the owner.
pub fn me(name: &str) -> String {
    format!("Me ({})", isolated(name))
}

/// The choice of a service account that cannot have another key.
pub fn has_its_key(name: &str) -> String {
    format!("{} (already has its key)", isolated(name))
}

/// The choice of a service account that is created with the key.
pub const NEW_ACCOUNT: &str = "New service account…";
/// That owner in the summary.
pub const THE_NEW_ACCOUNT: &str = "the new service account";
pub const ACCOUNT_LABEL: &str = "New service account";
pub const ACCOUNT_ROLE: &str = "Its role";
pub const ACCOUNT_HINT: &str = "Name the program. It is created with the key.";
pub const OWNER_HINT: &str =
    "The key acts as its owner. The keys of a service account outlast the people who create them.";

/// What a new key will be, in one line: environment, permissions, owner and expiration.
pub fn summary(environment: &str, permissions: &str, owner: &str, end: &str) -> String {
    [environment, permissions, &acts_as(owner), end].join(" · ")
}

/// The selected permissions in that line, such as `2 permissions (Workspaces read, Runs write)`.
pub fn selected_permissions(names: &[String]) -> String {
    const MOST: usize = 4;
    let count = plural(
        i64::try_from(names.len()).unwrap_or_default(),
        "permission",
    );
    match names.len() {
        0 => "no permissions yet".into(),
        1..=MOST => format!("{count} ({})", names.join(", ")),
        _ => format!("{count} ({}, …)", names[..MOST].join(", ")),
    }
}

/// The expiration in that line. `day` is none without an expiration.
pub fn ends(day: Option<&str>) -> String {
    day.map_or_else(
        || "no expiration".into(),
        |day| format!("expires {day}"),
    )
}

/// The same, if no day is chosen yet.
pub const ENDS_ON_NO_DAY: &str = "expires on a day to choose";

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
pub const LEAST_PRIVILEGE: &str =
    "Follow least privilege: grant only the permissions the script needs. You can’t add any later.";
pub const CUSTOM: &str = "Custom";
pub const CUSTOM_HINT: &str = "Choose access for each part of the API";
pub const START_FROM: &str = "Start from";
pub const START_ADDS: &str = "The permissions of the template are added to those selected below.";

/// What a key with full access can do, for the role that limits it.
pub const fn full_access_warning(role: Role) -> &'static str {
    match role {
        Role::Member => "Can do all you can, also create and revoke keys",
        Role::Admin | Role::Owner => "Can create keys, remove members and change settings",
    }
}
pub const SANDBOX_GROUPS: &str =
    "Test keys can access only workspaces, runs, workers and API keys.";
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

/// The same for a day, at whose end it expires.
pub fn expires_at_end_of(day: &str) -> String {
    format!("Expires on {day}, 23:59 UTC.")
}

/// The value of a date field, such as `2027-02-26`, in words as [`Moment::to_day`]. In the browser,
/// a calendar would be half as large as everything else.
pub fn day_in_words(date: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = month.parse::<usize>().ok()?.checked_sub(1)?;
    let (month, day) = (MONTHS.get(month)?, day.trim_start_matches('0'));
    Some(format!("{day} {month} {year}"))
}

pub const NAME_MISSING: &str = "Enter a name for the key.";
pub const SCOPES_MISSING: &str = "Choose at least one permission.";
pub const DAY_MISSING: &str = "Choose the day the key expires.";
pub const EXPIRES_ON_CHOSEN_DAY: &str = "Expires at the end of that day (UTC).";
pub const EXPIRY_FAR_AHEAD: &str =
    "This day is more than five years from now. Select the checkbox, or choose an earlier day.";
pub const FAR_EXPIRY: &str = "Yes, more than five years from now";
pub const WORKS_UNTIL_REVOKED: &str = "Works until revoked.";
pub const NOT_ALLOWED: &str = "In this organization, only owners and admins can create keys. Ask one of them if you need a key.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_everywhere() {
        for date in ["2027-02-06", "2026-12-31"] {
            let day = Moment::read_end_of_day(date).expect("a day");
            assert_eq!(day_in_words(date), Some(day.to_day()));
            assert_eq!(
                day_in_words(date).map(|day| expires_at_end_of(&day)),
                Some(expires_on(day))
            );
        }
        assert_eq!(day_in_words(""), None);
        assert_eq!(day_in_words("2027-13-01"), None);
    }

    #[test]
    fn the_summary_reads_like_a_contract() {
        let names = ["Workspaces read", "Runs write"].map(String::from);
        let text = summary(
            "Production",
            &selected_permissions(&names),
            "Olivia Owens",
            &ends(Some("26 Feb 2027")),
        );
        assert_eq!(
            text.replace(['\u{2068}', '\u{2069}'], ""),
            "Production · 2 permissions (Workspaces read, Runs write) · acts as Olivia Owens · expires 26 Feb 2027"
        );
        let many = ["A", "B", "C", "D", "E"].map(String::from);
        assert_eq!(
            selected_permissions(&many),
            "5 permissions (A, B, C, D, …)"
        );
        assert_eq!(selected_permissions(&[]), "no permissions yet");
        assert_eq!(ends(None), "no expiration");
    }
}
