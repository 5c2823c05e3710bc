//! The words of how a key was used.

use super::{grouped, plural};

/// Title of the use of a key.
pub const USAGE: &str = "Usage";
/// How exact the numbers are.
pub const TRUE_TO_THE_MINUTE: &str = "Numbers may be up to a minute old.";
/// Leads to what the documentation says of cost.
pub const ABOUT_COST: &str = "What calls cost";
/// Unfolds the days.
pub const DAY_BY_DAY: &str = "Daily usage";
/// The columns of the days.
pub const DAY_COLUMNS: [&str; 4] = ["Day", "Calls", "Refused", "Cost units"];
/// The spans that calls are summed over.
pub const LAST_7_DAYS: &str = "7 days";
/// The longer one.
pub const LAST_30_DAYS: &str = "30 days";
/// No use so far.
pub const NO_CALLS: &str = "No calls in the last 30 days.";
/// Title of who called.
pub const CALLERS: &str = "Recent callers";
/// Title of what was refused.
pub const REFUSALS: &str = "Recent refusals";
/// Nothing was refused.
pub const NO_REFUSALS: &str = "No request with this key was refused.";
/// A key that was seen in an address (decision D8).
pub const EXPOSED: &str = "This key was sent in a URL";
/// What to do about it.
pub const EXPOSED_ADVICE: &str = "URLs end up in logs and browser history, where others can read them. Rotate the key now, and send the new one in a header.";

/// How many calls.
pub fn calls(n: i64) -> String {
    plural(n, "call")
}

/// What calls cost, after their number.
pub fn cost(n: i64) -> String {
    plural(n, "cost unit")
}

/// What a line of calls says to those who do not see it.
pub fn sparkline(total: i64, most: i64) -> String {
    format!("{} in the last 30 days, {} on the busiest day", plural(total, "call"), grouped(most))
}
