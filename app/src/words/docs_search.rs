//! The search of the documentation.

use super::format::plural;

pub const TITLE: &str = "Search the documentation";
pub const LABEL: &str = "Search the documentation";
pub const SUBMIT: &str = "Search";
pub const ASK: &str =
    "Type one or more words. The pages and the operations of the API reference are searched.";
pub const NOTHING_HINT: &str =
    "Check the spelling, use fewer words, or use the name of a header, a field or an error code. ";
pub const OR_BROWSE: &str = "Or open one of these pages:";

/// The number of results.
pub fn count(found: i64) -> String {
    plural(found, "result")
}

/// The end of the sentence with the number of results, if not all are shown.
pub fn limited(shown: i64) -> String {
    format!(", of which the best {shown} are shown")
}

/// The heading of a search without results, before and after the words that were searched for.
pub const NOTHING: (&str, &str) = ("Nothing was found for “", "”");

/// The number of results for some words, before and after these words.
pub const RESULTS_FOR: (&str, &str) = (" for “", "”");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        assert_eq!(count(1), "1 result");
        assert_eq!(count(1200), "1,200 results");
    }
}
