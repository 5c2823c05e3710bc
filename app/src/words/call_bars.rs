//! Charts of calls.

use domain::Moment;
use domain::view::{Calls, DayUse, RefusalCause};

use super::format::{grouped, plural};

/// What one bar stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// An hour.
    Hour,
    /// A day in UTC.
    Day,
}

/// The calls of one hour or one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallBar {
    /// The day in a URL, such as `2026-04-08`; none for an hour.
    pub day: Option<String>,
    /// When it is.
    pub label: String,
    /// The same with the weekday, in the tooltip.
    pub long_label: String,
    /// The label below the bar, for some bars.
    pub tick: Option<String>,
    /// Requests that passed.
    pub calls: i64,
    /// Requests that were refused.
    pub refused: i64,
}

/// The calls of consecutive hours or days, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallBars {
    /// What each of them is.
    pub length: Length,
    /// All of them.
    pub bars: Vec<CallBar>,
}

impl CallBars {
    /// Days of the usage of keys.
    pub fn of_days(days: &[DayUse]) -> Self {
        let bar = |day: &DayUse| {
            let start = Moment::start_of_day(&day.day);
            CallBar {
                day: Some(day.day.clone()),
                label: day_label(&day.day),
                long_label: start.map_or_else(|| day.day.clone(), long_day),
                tick: start.and_then(|start| tick(Length::Day, start)),
                calls: day.calls,
                refused: day.refused,
            }
        };
        Self {
            length: Length::Day,
            bars: days.iter().map(bar).collect(),
        }
    }

    /// The hours or the days of counted calls.
    pub fn of_calls(calls: &Calls, length: Length) -> Self {
        let counts = match length {
            Length::Hour => &calls.hours,
            Length::Day => &calls.days,
        };
        let bars = counts.iter().map(|count| CallBar {
            day: None,
            label: label(length, count.start),
            long_label: match length {
                Length::Hour => label(length, count.start),
                Length::Day => long_day(count.start),
            },
            tick: tick(length, count.start),
            calls: count.calls,
            refused: count.refusals(),
        });
        Self {
            length,
            bars: bars.collect(),
        }
    }

    /// Whether there were neither calls nor refusals.
    pub fn is_quiet(&self) -> bool {
        self.bars
            .iter()
            .all(|one| one.calls + one.refused == 0)
    }
}

/// A day that is written `2026-04-08`, for people.
pub fn day_label(date: &str) -> String {
    Moment::start_of_day(date).map_or_else(|| date.to_owned(), Moment::to_day)
}

fn label(length: Length, start: Moment) -> String {
    let day = start.to_day();
    match length {
        Length::Day => day,
        Length::Hour => {
            let time = start.to_rfc3339();
            format!("{day}, {} UTC", time.get(11..16).unwrap_or_default())
        }
    }
}

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// The weekday in UTC. The epoch was a Thursday.
fn weekday(at: Moment) -> &'static str {
    let days = at.0.div_euclid(86_400_000).rem_euclid(7);
    usize::try_from(days)
        .ok()
        .and_then(|day| WEEKDAYS.get(day))
        .copied()
        .unwrap_or_default()
}

/// Such as `Mon 6 Apr 2026`.
fn long_day(at: Moment) -> String {
    format!("{} {}", weekday(at), at.to_day())
}

/// The label below a bar: each Monday, and every six hours.
fn tick(length: Length, start: Moment) -> Option<String> {
    match length {
        Length::Day => {
            let day = long_day(start);
            let without_year = day.rsplit_once(' ')?.0;
            day.starts_with("Mon")
                .then(|| without_year.to_owned())
        }
        Length::Hour => {
            let time = start.to_rfc3339();
            let hour: u8 = time.get(11..13)?.parse().ok()?;
            hour.is_multiple_of(6)
                .then(|| format!("{hour:02}:00"))
        }
    }
}

/// Such as `30 days`.
fn span(calls: &CallBars) -> String {
    let count = i64::try_from(calls.bars.len()).unwrap_or_default();
    plural(count, unit(calls.length))
}

const fn unit(length: Length) -> &'static str {
    match length {
        Length::Hour => "hour",
        Length::Day => "day",
    }
}

const fn within(length: Length) -> &'static str {
    match length {
        Length::Hour => "in one hour",
        Length::Day => "on one day",
    }
}

/// The title of the chart.
pub const fn title(length: Length) -> &'static str {
    match length {
        Length::Hour => "Calls per hour",
        Length::Day => "Calls per day",
    }
}

/// Opens the table.
pub const fn table(length: Length) -> &'static str {
    match length {
        Length::Hour => "Hourly usage",
        Length::Day => "Daily usage",
    }
}

/// The first column of the table.
pub const fn column(length: Length) -> &'static str {
    match length {
        Length::Hour => "Hour",
        Length::Day => "Day",
    }
}

/// In place of a chart without calls.
pub fn none(calls: &CallBars) -> String {
    format!("No calls in the last {}.", span(calls))
}

/// The chart, for screen readers.
pub fn chart(calls: &CallBars) -> String {
    let bars = &calls.bars;
    let (passed, refused) = bars
        .iter()
        .fold((0, 0), |(passed, refused), one| {
            (passed + one.calls, refused + one.refused)
        });
    let sums = format!(
        "{} and {} in the last {}",
        plural(passed, "call"),
        plural(refused, "refusal"),
        span(calls)
    );
    let most = bars
        .iter()
        .max_by_key(|one| one.calls)
        .filter(|one| one.calls > 0);
    match most {
        Some(most) => format!(
            "{sums}; at most {} {}, {}.",
            plural(most.calls, "call"),
            within(calls.length),
            most.label
        ),
        None => format!("{sums}."),
    }
}

/// The tooltip of a bar.
pub fn bar(one: &CallBar) -> String {
    format!(
        "{}: {}, {} refused",
        one.long_label,
        plural(one.calls, "call"),
        grouped(one.refused)
    )
}

pub const DAYS_LEAD_TO_LOG: &str = "A day leads to its events in the audit log.";
pub const UP_TO_A_MINUTE_OLD: &str =
    "Days and hours are in UTC. Numbers may be up to a minute old.";
pub const REFUSALS_90_DAYS: &str = "Refused in the last 90 days";

/// The number of requests that were refused for a cause.
pub fn refusals(cause: RefusalCause, count: i64) -> String {
    format!("{}: {}", cause.label(), grouped(count))
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
        let text = |days: &[DayUse]| chart(&CallBars::of_days(days));
        assert_eq!(
            text(&[day("2026-04-07", 0, 0)]),
            "0 calls and 0 refusals in the last 1 day."
        );
        let days = [day("2026-04-07", 1200, 1), day("2026-04-08", 4, 0)];
        let words = "1,204 calls and 1 refusal in the last 2 days; at most 1,200 calls on one day, 7 Apr 2026.";
        assert_eq!(text(&days), words);
    }

    #[test]
    fn mondays_and_every_sixth_hour_have_a_label() {
        let at = |text: &str| Moment::parse(text).expect("a moment");
        let monday = at("2026-04-06T00:00:00Z");
        assert_eq!(long_day(monday), "Mon 6 Apr 2026");
        assert_eq!(
            tick(Length::Day, monday).as_deref(),
            Some("Mon 6 Apr")
        );
        assert_eq!(tick(Length::Day, at("2026-04-07T00:00:00Z")), None);
        assert_eq!(
            tick(Length::Hour, at("2026-04-07T18:00:00Z")).as_deref(),
            Some("18:00")
        );
        assert_eq!(tick(Length::Hour, at("2026-04-07T19:00:00Z")), None);
    }

    #[test]
    fn an_hour_is_named_by_its_day_and_time() {
        let at = Moment::parse("2026-04-08T19:00:00Z").expect("a moment");
        assert_eq!(label(Length::Hour, at), "8 Apr 2026, 19:00 UTC");
    }
}
