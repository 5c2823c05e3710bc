//! The overview of an organization.

use domain::Moment;
use domain::attention::{Attention, Step};
use domain::view::KeyLine;

use super::format::{ago, ahead, grouped, plural};
use super::isolated;

pub const TITLE: &str = "Overview";
pub const NO_ATTENTION_NEEDED: &str = "No key needs attention.";
pub const KEYS_BY_STATUS: &str = "Keys by status";
pub const CHART_HINT: &str =
    "Production and test keys together. Days are in UTC. Numbers may be up to a minute old.";
pub const CALLS: &str = "Calls";
pub const REFUSED: &str = "Refused";
/// The first steps of a member: what to do, and how.
pub const FIRST_STEPS: [(&str, &str); 3] = [
    (
        "Create your first API key",
        "One for each script, with only the permissions that it needs. The key is shown once.",
    ),
    (
        "Call the API",
        "Send the key with each request. Its calls are then counted on this page.",
    ),
    (
        "Rotate it regularly",
        "A rotation replaces the key, and the old one can keep working until the script has the new one.",
    ),
];
pub const ASK_FOR_KEYS: &str = "Ask for an API key";
pub const HOW_TO_CALL: &str = "First call";
pub const HOW_TO_ROTATE: &str = "How to rotate";
pub const LATEST_EVENTS: &str = "Latest events";
pub const ALL_EVENTS: &str = "All events";
pub const MEMBERS_AND_SERVICE_ACCOUNTS: &str = "Members and service accounts";

/// Below the title.
pub fn lede(all: bool, organization: &str) -> String {
    let whose = if all { "The keys of" } else { "Your keys in" };
    format!("{whose} {} at a glance.", isolated(organization))
}

/// The label of a number of keys.
pub fn state(word: &str) -> &'static str {
    match word {
        "expiring" => "Expire soon",
        word => super::keys::state(word),
    }
}

/// Why a key needs attention.
pub fn attention_reason(why: Attention, now: Moment, line: &KeyLine) -> String {
    let key = &line.key;
    let made = ago(now, key.created_at);
    match (why, key.expires_at, key.last_used) {
        (Attention::Exposed, ..) => "It was sent in a URL and may be in logs.".into(),
        (Attention::Expires(_), Some(end), _) => format!("It expires {}.", ahead(now, end)),
        (Attention::Unused, _, Some(used)) => format!("It was last used {}.", ago(now, used)),
        (Attention::NeverUsed, ..) => format!("It was created {made} and never used."),
        _ => format!("It was created {made} and never expires."),
    }
}

/// What to do about it.
pub const fn step(step: Step) -> &'static str {
    match step {
        Step::Rotate => super::rotate_key::LINK,
        Step::Revoke => super::revoke_key::LINK,
        Step::Look => super::keys::DETAILS,
    }
}

/// The number of keys that need attention and are not shown.
pub fn more_keys(n: i64) -> String {
    format!("and {} more", grouped(n))
}

/// The number of members.
pub fn members_count(n: i64) -> String {
    plural(n, "member")
}

/// The number of service accounts.
pub fn accounts_count(n: i64) -> String {
    plural(n, "service account")
}
