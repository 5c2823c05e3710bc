//! Dates, times and numbers.

use domain::Moment;

/// How long ago, in one unit.
pub fn ago(now: Moment, then: Moment) -> String {
    let seconds = now.seconds_since(then).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (minutes, hours, days) {
        (0, ..) => "just now".into(),
        (n, 0, _) => time_ago(n, "minute"),
        (_, n, 0) => time_ago(n, "hour"),
        (.., 1) => "yesterday".into(),
        (.., n @ 2..14) => time_ago(n, "day"),
        (.., n @ 14..60) => time_ago(n / 7, "week"),
        (.., n @ 60..365) => time_ago(n / 30, "month"),
        (.., n) => time_ago(n / 365, "year"),
    }
}

/// How long until then, in one unit, rounded. The past as in [`ago`].
pub fn ahead(now: Moment, then: Moment) -> String {
    let seconds = then.seconds_since(now);
    let minutes = (seconds + 30) / 60;
    let hours = (minutes + 30) / 60;
    let days = (hours + 12) / 24;
    match (minutes, hours, days) {
        _ if seconds < 0 => ago(now, then),
        (0, ..) => "in a moment".into(),
        (n @ 1..60, ..) => format!("in {}", plural(n, "minute")),
        (_, n @ 0..48, _) => format!("in {}", plural(n, "hour")),
        (.., n @ 0..60) => format!("in {}", plural(n, "day")),
        (.., n @ 60..365) => format!("in {}", plural((n + 15) / 30, "month")),
        (.., n) => format!("in {}", plural(n / 365, "year")),
    }
}

fn time_ago(n: i64, unit: &str) -> String {
    format!("{} ago", plural(n, unit))
}

/// A number of items: `1 key`, `2 keys`, `1,204 keys`.
pub fn plural(n: i64, unit: &str) -> String {
    format!(
        "{} {unit}{}",
        grouped(n),
        if n == 1 { "" } else { "s" }
    )
}

/// A number with separators: `1,204`.
pub fn grouped(n: i64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The exact time, to the second, in UTC.
pub fn exact(moment: Moment) -> String {
    format!("{} UTC", in_log(moment))
}

/// The exact time in UTC, without naming it: the heading of the column does.
pub fn in_log(moment: Moment) -> String {
    moment
        .to_rfc3339()
        .replace('T', " ")
        .replace('Z', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_have_one_unit() {
        let now = Moment(1_775_677_879_000);
        let cases = [
            (-5, "just now"),
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3599, "59 minutes ago"),
            (3600, "1 hour ago"),
            (86_399, "23 hours ago"),
            (86_400, "yesterday"),
            (172_800, "2 days ago"),
            (86_400 * 13, "13 days ago"),
            (86_400 * 14, "2 weeks ago"),
            (86_400 * 60, "2 months ago"),
            (86_400 * 364, "12 months ago"),
            (86_400 * 365, "1 year ago"),
            (86_400 * 800, "2 years ago"),
        ];
        for (seconds, words) in cases {
            assert_eq!(
                ago(now, now.plus_seconds(-seconds)),
                words,
                "{seconds}"
            );
        }
        let ahead_of = |seconds| ahead(now, now.plus_seconds(seconds));
        let text = [
            20,
            120,
            3600,
            86_390,
            47 * 3600,
            5 * 86_400,
            90 * 86_400 - 9,
            400 * 86_400,
        ]
        .map(ahead_of);
        let words = [
            "in a moment",
            "in 2 minutes",
            "in 1 hour",
            "in 24 hours",
            "in 47 hours",
            "in 5 days",
            "in 3 months",
            "in 1 year",
        ];
        assert_eq!(text, words);
        assert_eq!(ahead_of(-7200), "2 hours ago");
        assert_eq!(exact(now), "2026-04-08 19:51:19 UTC");
    }

    #[test]
    fn large_numbers_have_separators() {
        let text = [0, 12, 999, 1_204, 100_000, 1_000_000].map(grouped);
        assert_eq!(
            text,
            ["0", "12", "999", "1,204", "100,000", "1,000,000"]
        );
    }
}
