//! Sentences of the overview.

use domain::Moment;
use domain::attention::{Attention, Step};
use domain::view::{DayUse, KeyLine};

use super::{DETAILS, REVOKE_ASKING, ROTATE, ago, ahead, grouped, isolated, plural};

/// The name of the page.
pub const OVERVIEW: &str = "Overview";
/// Title of the keys that need attention.
pub const NEEDS_ATTENTION: &str = "Needs attention";
/// None does.
pub const NOTHING_NEEDED: &str = "No key needs attention.";
/// Title of the numbers of keys.
pub const KEYS_BY_STATUS: &str = "Keys by status";
/// Title of the chart.
pub const CALLS_PER_DAY: &str = "Calls per day";
/// What the chart counts.
pub const CHART_HINT: &str = "Production and Test keys together. Days are in UTC. Numbers may be up to a minute old.";
/// Requests that passed.
pub const CALLS: &str = "Calls";
/// Requests that did not.
pub const REFUSED: &str = "Refused";
/// Title of what happened last.
pub const LATEST_EVENTS: &str = "Latest events";
/// Leads to all of it.
pub const ALL_EVENTS: &str = "All events";
/// Title of how many act here.
pub const PEOPLE: &str = "People and programs";

/// Beneath the title of the overview.
pub fn overview_lede(all: bool, organization: &str) -> String {
    let whose = if all { "The keys of" } else { "Your keys in" };
    format!("{whose} {} at a glance.", isolated(organization))
}

/// What the numbers of keys are called.
pub fn state_at_a_glance(word: &str) -> &'static str {
    match word {
        "expiring" => "Expire soon",
        word => super::state(word),
    }
}

/// Why a key needs attention.
pub fn attention_reason(why: Attention, now: Moment, line: &KeyLine) -> String {
    let key = &line.key;
    let made = ago(now, key.created_at);
    match (why, key.expires_at, key.last_used) {
        (Attention::Exposed, ..) => "It was sent in a URL, where logs keep it.".into(),
        (Attention::Expires(_), Some(end), _) => format!("It expires {}.", ahead(now, end)),
        (Attention::Unused, _, Some(used)) => format!("It was last used {}.", ago(now, used)),
        (Attention::NeverUsed, ..) => format!("It was created {made} and never used."),
        _ => format!("It was created {made} and never expires."),
    }
}

/// What to do about it.
pub const fn step(step: Step) -> &'static str {
    match step {
        Step::Rotate => ROTATE,
        Step::Revoke => REVOKE_ASKING,
        Step::Look => DETAILS,
    }
}

/// Keys that need attention, beyond those that are shown.
pub fn more_concerns(n: i64) -> String {
    format!("and {} more", grouped(n))
}

/// What the chart says to those who do not see it.
pub fn chart(days: &[DayUse]) -> String {
    let (calls, refused) = days.iter().fold((0, 0), |(calls, refused), day| (calls + day.calls, refused + day.refused));
    let counted = |n: i64, unit: &str| format!("{} {unit}{}", grouped(n), if n == 1 { "" } else { "s" });
    let sums = format!("{} and {} in the last 30 days", counted(calls, "call"), counted(refused, "refusal"));
    match days.iter().max_by_key(|day| day.calls).filter(|day| day.calls > 0) {
        Some(most) => format!("{sums}; at most {} on one day, {}.", counted(most.calls, "call"), day(&most.day)),
        None => format!("{sums}."),
    }
}

/// What a bar of the chart says.
pub fn bar(one: &DayUse) -> String {
    format!("{}: {} passed, {} refused", day(&one.day), grouped(one.calls), grouped(one.refused))
}

/// A day that is written `2026-04-08`, for people.
pub fn day(date: &str) -> String {
    Moment::start_of_day(date).map_or_else(|| date.to_owned(), Moment::to_day)
}

/// Members of the organization.
pub fn members_count(n: i64) -> String {
    plural(n, "member")
}

/// Its service accounts.
pub fn accounts_count(n: i64) -> String {
    plural(n, "service account")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_told_in_a_sentence() {
        let day = |day: &str, calls, refused| DayUse { day: day.into(), calls, refused, cost: 0 };
        assert_eq!(chart(&[day("2026-04-07", 0, 0)]), "0 calls and 0 refusals in the last 30 days.");
        let days = [day("2026-04-07", 1200, 1), day("2026-04-08", 4, 0)];
        let words = "1,204 calls and 1 refusal in the last 30 days; at most 1,200 calls on one day, 7 Apr 2026.";
        assert_eq!(chart(&days), words);
    }
}
