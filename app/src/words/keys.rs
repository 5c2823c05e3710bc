//! Sentences about keys: the list, the form, rotation, one key.

use domain::Moment;
use domain::key::{Environment, KeyStatus};
use domain::scope::{Access, Group, Permissions, ScopeSet};

use super::{ahead, isolated, plural};

/// Everything that a role allows.
pub const FULL_ACCESS: &str = "Full access";
/// A key that never ends by itself.
pub const NEVER: &str = "Never";
/// Sends a search.
pub const SEARCH: &str = "Search";
/// What the search looks at.
pub const SEARCH_LABEL: &str = "Search by name, creator or prefix";
/// Before the name of the one owner whose keys are shown.
pub const OWNED_BY: &str = "Owner: ";
/// Where the filters end.
pub const CLEAR_FILTERS: &str = "Clear filters";
/// No limit by a filter.
pub const ANY: &str = "Any";
/// Title of a list that the filters emptied.
pub const NOTHING_FOUND: &str = "No keys match";
/// What to do then.
pub const NOTHING_FOUND_HINT: &str = "Try another search, or clear the filters.";
/// Title of a list whose keys have all ended.
pub const NO_ACTIVE_KEYS: &str = "No active keys";
/// What an inactive key is.
pub const NO_ACTIVE_HINT: &str = "Every key here is expired or revoked.";
/// Hides keys that have ended.
pub const HIDE_INACTIVE: &str = "Hide inactive";
/// Title of the tips.
pub const TIPS: &str = "Keep keys safe";
/// The tips; the first is about Regular Rotation (RK-29, RU-24, RU-23, RU-22, RU-21, KE-36, KE-30).
pub const TIP_LIST: [&str; 5] = [
    "Rotate each key every 90 days.",
    "Give each script and environment its own key, so you can stop one without the others.",
    "Name a key after its job: “Production deploy script”, not “Key 1”.",
    "Never put a key in version control or client-side code. Use environment variables and a secret manager.",
    "Revoke a key when it is no longer needed, when a teammate leaves, or when it may have leaked.",
];
/// Leads to the documentation of rotation.
pub const ABOUT_ROTATION: &str = "How to rotate a key";
/// Leads to the documentation of keys.
pub const ABOUT_KEYS: &str = "About API keys";
/// Leads to the description of the API (RU-15).
pub const API_REFERENCE: &str = "API documentation";
/// Ends the chosen keys.
pub const REVOKE_SELECTED: &str = "Revoke selected";
/// Opens the dialog of shortcuts.
pub const SHORTCUTS: &str = "Keyboard shortcuts";
/// The shortcuts: the key to press, and what it does.
pub const SHORTCUT_LIST: [(&str, &str); 3] =
    [("/", "Search the keys"), ("c", "Create an API key"), ("?", "Show this list")];
/// The entries of a row's menu.
pub const COPY_KEY_ID: &str = "Copy key ID";
/// Leads to the key's own page.
pub const DETAILS: &str = "Details";
/// Gives a key another name.
pub const RENAME: &str = "Rename…";
/// Puts a successor in a key's place.
pub const ROTATE: &str = "Rotate…";
/// Ends a key, after a question.
pub const REVOKE_ASKING: &str = "Revoke…";
/// Above the choice of environment.
pub const ENVIRONMENT: &str = "Environment";
/// Above the choice of permissions.
pub const PERMISSIONS: &str = "Permissions";
/// Beside the permissions (RU-13).
pub const LEAST_PRIVILEGE: &str =
    "Choose the least that the script needs. You can take permissions away later, not add them.";
/// The choice of single scopes.
pub const CUSTOM: &str = "Custom";
/// What that choice means.
pub const CUSTOM_HINT: &str = "Choose for each group";
/// Why the table is shorter for a test key.
pub const SANDBOX_GROUPS: &str = "The sandbox has only workspaces, runs and API keys.";
/// What write means.
pub const WRITE_INCLUDES: &str = "Write includes read.";
/// Above the choice of an end.
pub const EXPIRATION: &str = "Expiration";
/// The choice of no end.
pub const NO_EXPIRATION: &str = "No expiration";
/// What that means.
pub const UNTIL_REVOKED: &str = "until revoked";
/// The choice of a day.
pub const ON_A_DATE: &str = "On a date";
/// The day on which a key ends.
pub const LAST_DAY: &str = "Last day, in UTC";
/// Title of a key's new name.
pub const RENAME_KEY: &str = "Rename key";
/// Keeps the new name.
pub const SAVE_NAME: &str = "Save name";
/// Above the faults of that form.
pub const NOT_RENAMED: &str = "The key was not renamed";
/// The name was kept.
pub const RENAMED: &str = "The name is changed.";
/// What a name is.
pub const RENAME_HINT: &str = "Only the name changes. Scripts that use the key notice nothing.";
/// Title of taking a key's place.
pub const ROTATE_KEY: &str = "Rotate key";
/// Makes the successor.
pub const ROTATE_NOW: &str = "Rotate";
/// Above the faults of that form.
pub const NOT_ROTATED: &str = "The key was not rotated";
/// What rotating does (RU-18, RK-28).
pub const ROTATE_STEPS: [&str; 3] = [
    "You get a new key with the same permissions, environment and owner. It is shown once.",
    "Put the new key where the old one is used.",
    "The old key ends when the overlap is over. You can end it sooner.",
];
/// Above the choice of an overlap.
pub const OVERLAP: &str = "The old key keeps working for";
/// No overlap.
pub const AT_ONCE: &str = "Not at all";
/// What no overlap means.
pub const AT_ONCE_HINT: &str = "it ends at once";
/// The overlaps in seconds; the day is preselected.
pub const OVERLAPS: [(i64, &str); 5] =
    [(0, AT_ONCE), (3600, "1 hour"), (86_400, "1 day"), (259_200, "3 days"), (604_800, "7 days")];
/// The name of the successor.
pub const NEW_NAME: &str = "Name of the new key";
/// What an empty name means.
pub const NEW_NAME_HINT: &str = "Leave it empty to keep the name.";
/// What is sealed to the old key.
pub const MESSAGE_LOSS: &str =
    "Messages and notes are sealed to this key. A new key cannot read them: not now, not later.";
/// Goes on all the same.
pub const CONFIRM_LOSS: &str = "I understand that they become unreadable for good.";
/// This key cannot be rotated any more.
pub const CANNOT_ROTATE: &str = "This key has ended. Create a new key instead.";
/// This key was rotated before.
pub const ROTATED_BEFORE: &str = "This key has a successor already. Rotate that one instead.";
/// Ends the old key before the overlap is over.
pub const END_NOW: &str = "End now";
/// Title of the form that takes scopes away.
pub const NARROW: &str = "Take permissions away";
/// What that means.
pub const NARROW_HINT: &str = "Choose what the key keeps. What you take away cannot be given back to this key.";
/// Takes them away.
pub const NARROW_NOW: &str = "Save permissions";
/// Above the faults of that form.
pub const NOT_NARROWED: &str = "The permissions were not changed";
/// They were taken away.
pub const NARROWED: &str = "The permissions are changed. They count from the next request on.";
/// Title of the use of a key.
pub const USAGE: &str = "Usage";
/// How exact the numbers are.
pub const TRUE_TO_THE_MINUTE: &str = "Numbers are true to the minute.";
/// No use so far.
pub const NO_CALLS: &str = "No calls in the last 30 days.";
/// Title of who called.
pub const CALLERS: &str = "Last callers";
/// Title of what was refused.
pub const REFUSALS: &str = "Recent refusals";
/// Nothing was refused.
pub const NO_REFUSALS: &str = "No request with this key was refused.";
/// A key that was seen in an address (decision D8).
pub const EXPOSED: &str = "This key was sent in an address";
/// What to do about it.
pub const EXPOSED_ADVICE: &str = "Addresses are kept in logs and histories, where others can read them. Rotate the key now, and send it in a header.";
/// The key ended before anyone chose it for revoking.
pub const NOTHING_SELECTED: &str = "No keys are selected. Go back and choose the keys to revoke.";
/// The typed phrase is not the one that was asked for.
pub const PHRASE_DIFFERS: &str = "This is not the phrase. Type it exactly as it is shown.";
/// Why the phrase must be typed.
pub const PHRASE_HINT: &str = "Some of these keys were used in the last 7 days.";
/// A key that was used lately.
pub const USED_LATELY: &str = "Used in the last 7 days";
/// Leads to the newest page of a list.
pub const FIRST_PAGE: &str = "First page";
/// Leads further down a list.
pub const NEXT_PAGE: &str = "Next page";

/// What a form says when a chosen end is too late.
pub fn too_late(latest: &str) -> String {
    let latest = Moment::parse(latest).map_or_else(|| latest.to_owned(), Moment::to_words);
    format!("Your organization limits how long a key may live. Choose an end no later than {latest}.")
}

/// The one mark of a key: how it looks, and what it says.
pub fn status(now: Moment, status: KeyStatus) -> (&'static str, String) {
    match status {
        KeyStatus::Revoked => ("badge danger", "Revoked".into()),
        KeyStatus::Expired => ("badge", "Expired".into()),
        KeyStatus::Exposed => ("badge danger", "Exposed".into()),
        KeyStatus::EndsAt(at) => ("badge warning", format!("Ends {}", ahead(now, at))),
        KeyStatus::ExpiresSoon(at) => ("badge warning", format!("Expires {}", ahead(now, at))),
        KeyStatus::Unused => ("badge warning", "Unused for 90 days".into()),
        KeyStatus::Active => ("badge success", "Active".into()),
    }
}

/// The words of a state in the filter.
pub fn state(word: &str) -> &'static str {
    match word {
        "active" => "Active",
        "expired" => "Expired",
        "revoked" => "Revoked",
        "inactive" => "Expired or revoked",
        "exposed" => "Exposed",
        "expiring" => "Expires soon",
        "unused" => "Unused for 90 days",
        "never_used" => super::NEVER_USED,
        "attention" => super::NEEDS_ATTENTION,
        _ => "All",
    }
}

/// How much a key may do, in two words.
pub fn permissions(permissions: Permissions) -> String {
    match permissions {
        Permissions::Everything => FULL_ACCESS.into(),
        Permissions::Only(scopes) if scopes.is_empty() => super::NONE.into(),
        Permissions::Only(scopes) => plural(count(scopes), "scope"),
    }
}

/// How many scopes a set has.
pub fn count(scopes: ScopeSet) -> i64 {
    i64::try_from(scopes.iter().count()).unwrap_or_default()
}

/// What a set allows in a group.
pub fn access(scopes: ScopeSet, group: Group) -> Option<&'static str> {
    let has = |access| group.scope(access).is_some_and(|scope| scopes.allows(scope));
    match (has(Access::Read), has(Access::Write)) {
        (true, true) => Some("Read and write"),
        (false, true) => Some("Write"),
        (true, false) => Some("Read"),
        (false, false) => None,
    }
}

/// What an environment is, and how its keys begin (RU-06, RU-16, RU-17).
pub const fn environment_hint(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "Real data.",
        Environment::Test => "Sandbox data only.",
    }
}

/// How keys begin, before their prefix.
pub const BEGINS_WITH: &str = " Keys begin with ";
/// Between the prefix of full access and that of chosen permissions.
pub const OR_RESTRICTED: &str = ", with full access ";

/// For whom a new key is.
pub fn for_service(name: &str) -> String {
    format!("This key is for the service account {}.", isolated(name))
}

/// Beside the choice of an end, where the organization limits it.
pub fn lives_at_most(days: i64) -> String {
    format!("In this organization a new key lives {} at most.", plural(days, "day"))
}

/// Until when a new key works.
pub fn until(end: Moment) -> String {
    format!("It ends on {}.", end.to_words())
}

/// Until when a key works on the day that was chosen.
pub const UNTIL_CHOSEN_DAY: &str = "It ends with the chosen day.";
/// A key without an end.
pub const UNTIL_SOMEONE: &str = "It works until someone revokes it.";

/// Beneath an overlap: when the old key ends.
pub fn overlap_end(end: Moment) -> String {
    format!("until {}", end.to_words())
}

/// Beside the new key: what becomes of the old one.
pub fn old_key(ends_at: Option<Moment>) -> String {
    match ends_at {
        Some(at) => format!("The old key works until {}. ", at.to_words()),
        None => "The old key has ended.".into(),
    }
}

/// What was lost with the old key.
pub fn lost(n: i64) -> Option<String> {
    let verb = if n == 1 { "was sealed to the old key and is" } else { "were sealed to the old key and are" };
    (n > 0).then(|| format!("{} {verb} unreadable now.", plural(n, "item")))
}

/// Shows keys that have ended.
pub fn show_inactive(n: i64) -> String {
    format!("Show inactive ({n})")
}

/// What to type to end several keys.
pub fn revoke_phrase(n: usize) -> String {
    format!("revoke {n} {}", if n == 1 { "key" } else { "keys" })
}

/// Title of the question before several keys end.
pub fn revoke_many(n: usize) -> String {
    format!("Revoke {n} {}?", if n == 1 { "key" } else { "keys" })
}

/// Several keys have ended.
pub fn revoked_many(n: usize) -> String {
    format!("{n} {} revoked. ", if n == 1 { "key is" } else { "keys are" })
}

/// The box that chooses a row.
pub fn select_key(name: &str) -> String {
    format!("Select {}", isolated(name))
}

/// The menu of a row.
pub fn actions_for(name: &str) -> String {
    format!("Actions for {}", isolated(name))
}

/// A permission of a group.
pub fn pick(group: Group, access: &str) -> String {
    format!("{}: {access}", group.label())
}

/// How many scopes are picked.
pub fn picked(n: i64) -> String {
    format!("{} chosen.", plural(n, "scope"))
}

/// Calls and what they cost.
pub fn calls(n: i64) -> String {
    plural(n, "call")
}

/// What a line of calls says to those who do not see it.
pub fn sparkline(total: i64, most: i64) -> String {
    format!("{} in the last 30 days, at most {most} on one day", plural(total, "call"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_775_677_879_000);

    // One badge for each status, in the words of the interface.
    #[test]
    fn a_status_says_what_is_next() {
        let told = |status_: KeyStatus| status(NOW, status_).1;
        assert_eq!(told(KeyStatus::EndsAt(NOW.plus_seconds(3 * 3600))), "Ends in 3 hours");
        assert_eq!(told(KeyStatus::ExpiresSoon(NOW.plus_seconds(5 * 86_400))), "Expires in 5 days");
        assert_eq!(told(KeyStatus::Unused), "Unused for 90 days");
    }

    // RU-11: scopes are told by group.
    #[test]
    fn ru_11_permissions_are_told_by_group() {
        let scopes =
            ScopeSet::of(["runs:write", "audit:read", "members:write"].map(|word| word.parse().expect("scope")));
        let told = Group::ALL.map(|group| access(scopes, group)).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(told, ["Read and write", "Read and write", "Read"]);
        assert_eq!(permissions(Permissions::Only(scopes)), "3 scopes");
        assert_eq!(permissions(Permissions::Only(ScopeSet::EMPTY)), "None");
        assert_eq!(permissions(Permissions::Everything), "Full access");
    }

    // RK-29, RU-21, RU-22, RU-23, RU-24, KE-30, KE-36: the advice is said.
    #[test]
    fn ru_24_the_advice_is_said() {
        let all = TIP_LIST.join(" ");
        for word in
            ["every 90 days", "version control", "client-side", "environment variables", "teammate leaves", "Key 1"]
        {
            assert!(all.contains(word), "{word}");
        }
        assert!(LEAST_PRIVILEGE.contains("least"));
    }

    #[test]
    fn what_is_lost_is_counted() {
        assert_eq!(lost(0), None);
        assert_eq!(revoke_phrase(3), "revoke 3 keys");
    }
}
