//! The usage of a key.

use super::format::plural;

pub const TITLE: &str = "Usage";
pub const UP_TO_A_MINUTE_OLD: &str = "Numbers may be up to a minute old.";
pub const ABOUT_COST: &str = "What calls cost";
pub const LAST_7_DAYS: &str = "7 days";
pub const LAST_30_DAYS: &str = "30 days";
pub const NO_CALLS: &str = "No calls in the last 30 days.";
pub const CALLERS: &str = "Recent callers";
pub const REFUSALS: &str = "Recent refusals";
pub const NO_REFUSALS: &str = "No request with this key was refused.";
pub const EXPOSED: &str = "This key was sent in a URL";
pub const EXPOSED_ADVICE: &str = "URLs end up in logs and browser history, where others can read them. Rotate the key now, and send the new one in a header.";

/// A number of calls.
pub fn calls(n: i64) -> String {
    plural(n, "call")
}

/// The cost of the calls of 30 days.
pub fn cost(n: i64) -> String {
    format!("{} in 30 days.", plural(n, "cost unit"))
}
