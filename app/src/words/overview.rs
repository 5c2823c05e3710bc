//! The overview of an organization.

use domain::Moment;
use domain::attention::{Attention, Step};
use domain::view::{DayUse, KeyLine};

use super::format::{ago, ahead, grouped, plural};
use super::isolated;

pub const TITLE: &str = "Overview";
pub const NO_ATTENTION_NEEDED: &str = "No key needs attention.";
pub const KEYS_BY_STATUS: &str = "Keys by status";
pub const CALLS_PER_DAY: &str = "Calls per day";
pub const CHART_HINT: &str =
    "Production and test keys together. Days are in UTC. Numbers may be up to a minute old.";
pub const CALLS: &str = "Calls";
pub const REFUSED: &str = "Refused";
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

/// The chart, for screen readers.
pub fn chart(days: &[DayUse]) -> String {
    let (calls, refused) = days.iter().fold((0, 0), |(calls, refused), day| {
        (calls + day.calls, refused + day.refused)
    });
    let sums = format!(
        "{} and {} in the last 30 days",
        plural(calls, "call"),
        plural(refused, "refusal")
    );
    match days
        .iter()
        .max_by_key(|day| day.calls)
        .filter(|day| day.calls > 0)
    {
        Some(most) => format!(
            "{sums}; at most {} on one day, {}.",
            plural(most.calls, "call"),
            day(&most.day)
        ),
        None => format!("{sums}."),
    }
}

/// The tooltip of a bar.
pub fn bar(one: &DayUse) -> String {
    format!(
        "{}: {} passed, {} refused",
        day(&one.day),
        grouped(one.calls),
        grouped(one.refused)
    )
}

/// A day that is written `2026-04-08`, for people.
pub fn day(date: &str) -> String {
    Moment::start_of_day(date).map_or_else(|| date.to_owned(), Moment::to_day)
}

/// The number of members.
pub fn members_count(n: i64) -> String {
    plural(n, "member")
}

/// The number of service accounts.
pub fn accounts_count(n: i64) -> String {
    plural(n, "service account")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_has_a_text() {
        let day = |day: &str, calls, refused| DayUse {
            day: day.into(),
            calls,
            refused,
            cost: 0,
        };
        assert_eq!(
            chart(&[day("2026-04-07", 0, 0)]),
            "0 calls and 0 refusals in the last 30 days."
        );
        let days = [day("2026-04-07", 1200, 1), day("2026-04-08", 4, 0)];
        let words = "1,204 calls and 1 refusal in the last 30 days; at most 1,200 calls on one day, 7 Apr 2026.";
        assert_eq!(chart(&days), words);
    }
}
