//! The list of keys, and the facts about a key.

use domain::Moment;
use domain::command::KeySort;
use domain::environment::Environment;
use domain::key::KeyStatus;
use domain::scope::{Access, Group, Permissions, ScopeSet, Template};
use domain::view::{KeyCount, KeyView};

use super::format::{ahead, grouped, plural};
use super::isolated;

pub const FIRST_KEYS: &str = "First keys";
pub const MORE_KEYS: &str = "More keys";
pub const TITLE: &str = "API Keys";
pub const NEVER_USED: &str = "Never used";
pub const NEEDS_ATTENTION: &str = "Needs attention";
pub const NO_KEYS: &str = "No API keys yet";
pub const WHAT_FOR: &str =
    "A key lets a script or service call the API without a person signing in.";
pub const FULL_ACCESS: &str = "Full access";
pub const NEVER_EXPIRES: &str = "Never";
pub const SEARCH_LABEL: &str = "Search by name, creator or prefix";
pub const SORT: &str = "Sort";
/// The orders of the list.
pub const SORTS: [(Option<KeySort>, &str); 4] = [
    (None, "Newest first"),
    (Some(KeySort::Name), "Name"),
    (Some(KeySort::LastUsed), "Last used"),
    (Some(KeySort::Expires), "Expires first"),
];
pub const OWNED_BY: &str = "Owner: ";
pub const CLEAR_FILTERS: &str = "Clear filters";
pub const ALL: &str = "All";
pub const NO_MATCH: &str = "No keys match";
pub const NO_MATCH_HINT: &str = "Try another search, or clear the filters.";
pub const NO_ACTIVE: &str = "No active keys";
pub const NO_ACTIVE_HINT: &str = "All keys here are expired or revoked.";
pub const HIDE_INACTIVE: &str = "Hide inactive";
pub const TIPS: &str = "Keep keys safe";
/// The tips. The first is about regular rotation.
pub const TIP_LIST: [&str; 5] = [
    "Rotate each key every 90 days.",
    "Give each script and environment its own key, so you can revoke one without affecting the others.",
    "Name each key after its purpose: “Production deploy script”, not “Key 1”.",
    "Never put a key in version control or client-side code. Use environment variables and a secret manager.",
    "Revoke a key when it is no longer needed, when a teammate leaves, or when it may have leaked.",
];
pub const ABOUT_ROTATION: &str = "How to rotate a key";
pub const ABOUT: &str = "About API keys";
pub const API_REFERENCE: &str = "API reference";
pub const SHORTCUTS: &str = "Keyboard shortcuts";
/// The shortcuts: the key to press, and what it does.
pub const SHORTCUT_LIST: [(&str, &str); 7] = [
    ("/", "Search the keys"),
    ("c", "Create an API key"),
    (
        "j k",
        "Go to the next or previous key, like ↓ and ↑ in the list",
    ),
    ("Enter", "Open the key"),
    ("x", "Select the key"),
    (
        "Shift",
        "With a click on a checkbox, select all keys from the last one to this one",
    ),
    ("?", "Show this list"),
];
pub const USE_SHORTCUTS: &str = "Use these shortcuts in this browser";
pub const SELECT_ALL: &str = "Select all keys on this page";
pub const COPY_KEY_ID: &str = "Copy key ID";
pub const DETAILS: &str = "Details";
pub const OPEN_PAGE: &str = "Open as page";
pub const PREVIOUS: &str = "Previous";
pub const NEXT: &str = "Next";
pub const CLEAR_SELECTION: &str = "Clear";

/// Below the title.
pub fn lede(all: bool, organization: &str) -> String {
    let whose = if all {
        "All API keys in"
    } else {
        "Your API keys in"
    };
    format!(
        "{whose} {}. Scripts and services use them to call the API.",
        isolated(organization)
    )
}

/// Above the table of keys, for screen readers.
pub fn caption(organization: &str) -> String {
    format!("API keys of {}", isolated(organization))
}

/// Who created a key, and its owner if that is another actor, in one line.
pub fn created_by_for(by: &str, owner: Option<&str>) -> String {
    match owner {
        None => by.to_owned(),
        Some(owner) => format!(
            "{} {}{}",
            isolated(by),
            super::labels::FOR,
            isolated(owner)
        ),
    }
}

/// The label of that line.
pub const fn created_label(by: bool) -> &'static str {
    if by { "Created by" } else { "Created" }
}

/// The status badge of a key: its CSS classes and its text.
pub fn status(now: Moment, status: KeyStatus) -> (&'static str, String) {
    let name = || short_status(status).to_owned();
    match status {
        KeyStatus::Revoked | KeyStatus::Exposed => ("badge danger", name()),
        KeyStatus::Expired => ("badge", name()),
        KeyStatus::Rotated(at) | KeyStatus::ExpiresSoon(at) => {
            ("badge warning", format!("Expires {}", ahead(now, at)))
        }
        KeyStatus::Unused => ("badge warning", "Unused for 90 days".into()),
        KeyStatus::Active => ("badge success", name()),
    }
}

/// The name of a status, in one word.
pub const fn short_status(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Revoked => "Revoked",
        KeyStatus::Expired => "Expired",
        KeyStatus::Exposed => "Exposed",
        KeyStatus::Rotated(_) | KeyStatus::ExpiresSoon(_) => "Expires soon",
        KeyStatus::Unused => "Unused",
        KeyStatus::Active => "Active",
    }
}

/// Which keys of the list are on a page: `51–100 of 137`. `shown` is their number.
pub fn range(count: KeyCount, shown: i64) -> String {
    let total = if count.has_more {
        format!("more than {}", grouped(count.total))
    } else {
        grouped(count.total)
    };
    // Beyond what was counted, nobody knows the position.
    if count.has_more && count.before >= count.total {
        return format!("{} of {total}", grouped(shown));
    }
    format!(
        "{}–{} of {total}",
        grouped(count.before + 1),
        grouped(count.before + shown)
    )
}

/// How many keys are selected.
pub fn selected(n: usize) -> String {
    format!("{n} selected")
}

/// The button that selects the keys of all pages.
pub fn select_all(n: i64) -> String {
    format!("Select all {}", grouped(n))
}

/// The keys of all pages are selected.
pub fn all_selected(n: &str) -> String {
    format!("All {n} selected")
}

/// The label of a status in the filter.
pub fn state(word: &str) -> &'static str {
    match word {
        "active" => "Active",
        "expired" => "Expired",
        "revoked" => "Revoked",
        "inactive" => "Expired or revoked",
        "exposed" => "Exposed",
        "expiring" => "Expires soon",
        "unused" => "Unused for 90 days",
        "never_used" => NEVER_USED,
        "attention" => NEEDS_ATTENTION,
        _ => "All",
    }
}

/// The permissions of a key of Roundtable, in two words: the template that has the same, or else
/// their number.
pub fn permissions(permissions: Permissions, environment: Environment) -> String {
    let is_same = |template: &Template| template.permissions(environment) == permissions;
    match permissions {
        Permissions::Everything => FULL_ACCESS.into(),
        Permissions::Only(scopes) if scopes.is_empty() => super::NONE.into(),
        // “Full access” is more than the permissions of the sandbox.
        Permissions::Only(scopes) => Template::ALL
            .into_iter()
            .filter(|template| *template != Template::FullAccess)
            .find(is_same)
            .map_or_else(
                || plural(count(scopes), "permission"),
                |template| template.label().into(),
            ),
    }
}

/// The number of permissions of a key, in the tooltip.
pub fn permission_count(key: &KeyView) -> String {
    match (&key.api, key.scopes) {
        (None, Permissions::Only(scopes)) if !scopes.is_empty() => {
            plural(count(scopes), "permission")
        }
        _ => permissions_of(key),
    }
}

/// What a key may do, in Roundtable or at its API.
pub fn permissions_of(key: &KeyView) -> String {
    match &key.api {
        None => permissions(key.scopes, key.environment),
        Some(api) => {
            let n = i64::try_from(api.scopes.iter().count()).unwrap_or_default();
            let words = if n == 0 {
                super::NONE.into()
            } else {
                plural(n, "permission")
            };
            format!("{} · {words}", api.slug)
        }
    }
}

/// The number of scopes in a set.
pub fn count(scopes: ScopeSet) -> i64 {
    i64::try_from(scopes.iter().count()).unwrap_or_default()
}

/// The access of a set to a group.
pub fn access(scopes: ScopeSet, group: Group) -> Option<&'static str> {
    let has = |access| {
        group
            .scope(access)
            .is_some_and(|scope| scopes.allows(scope))
    };
    match (has(Access::Read), has(Access::Write)) {
        (true, true) => Some("Read and write"),
        (false, true) => Some("Write"),
        (true, false) => Some("Read"),
        (false, false) => None,
    }
}

/// The link that shows inactive keys.
pub fn show_inactive(n: i64) -> String {
    format!("Show inactive ({n})")
}

/// The checkbox that selects a row.
pub fn select_key(name: &str) -> String {
    format!("Select {}", isolated(name))
}

/// A row: the name of the key, and its badges.
pub fn row_name(name: &str, marks: &[Option<&str>]) -> String {
    let marks = marks.iter().flatten().copied();
    std::iter::once(name)
        .chain(marks)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The menu of a row.
pub fn actions_for(name: &str) -> String {
    format!("Actions for {}", isolated(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_775_677_879_000);

    #[test]
    fn a_status_badge_says_what_comes_next() {
        let text = |status_: KeyStatus| status(NOW, status_).1;
        assert_eq!(
            text(KeyStatus::Rotated(NOW.plus_seconds(3 * 3600))),
            "Expires in 3 hours"
        );
        assert_eq!(
            text(KeyStatus::ExpiresSoon(NOW.plus_seconds(5 * 86_400))),
            "Expires in 5 days"
        );
        assert_eq!(text(KeyStatus::Unused), "Unused for 90 days");
    }

    #[test]
    fn a_page_says_which_keys_it_shows() {
        let count = |total, has_more, before| KeyCount {
            total,
            has_more,
            before,
        };
        assert_eq!(range(count(137, false, 50), 50), "51–100 of 137");
        assert_eq!(range(count(1, false, 0), 1), "1–1 of 1");
        assert_eq!(
            range(count(10_000, true, 1_000), 50),
            "1,001–1,050 of more than 10,000"
        );
        assert_eq!(
            range(count(10_000, true, 10_000), 50),
            "50 of more than 10,000"
        );
    }

    // RU-11
    #[test]
    fn permissions_are_listed_by_group() {
        let scopes = ScopeSet::of(
            ["runs:write", "audit:read", "members:write"].map(|word| word.parse().expect("scope")),
        );
        let text = Group::ALL
            .map(|group| access(scopes, group))
            .into_iter()
            .flatten()
            .collect::<Vec<_>>();
        assert_eq!(text, ["Read and write", "Read and write", "Read"]);
        let of = |permissions_: Permissions| permissions(permissions_, Environment::Production);
        assert_eq!(of(Permissions::Only(scopes)), "3 permissions");
        assert_eq!(of(Permissions::Only(ScopeSet::EMPTY)), "None");
        assert_eq!(of(Permissions::Everything), "Full access");
    }

    #[test]
    fn permissions_have_the_name_of_their_template() {
        let of = |template: Template, environment| {
            permissions(template.permissions(environment), environment)
        };
        for template in Template::ALL {
            assert_eq!(
                of(template, Environment::Production),
                template.label()
            );
        }
        assert_eq!(of(Template::ReadOnly, Environment::Test), "Read only");
        assert!(of(Template::FullAccess, Environment::Test).ends_with(" permissions"));
    }

    // RK-29, RU-21, RU-22, RU-23, RU-24, KE-30, KE-36
    #[test]
    fn the_list_of_keys_shows_safety_advice() {
        let all = TIP_LIST.join(" ");
        for word in [
            "every 90 days",
            "version control",
            "client-side",
            "environment variables",
            "teammate leaves",
            "Key 1",
        ] {
            assert!(all.contains(word), "{word}");
        }
        assert!(super::super::create_key::LEAST_PRIVILEGE.contains("least"));
    }
}
