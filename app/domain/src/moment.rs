//! Points in time, in milliseconds. They are displayed in whole seconds of UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::problem::Fault;

mod rfc3339;

/// Milliseconds since 1970-01-01T00:00:00Z. Serialized as `2026-04-08T19:51:19Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The time this many seconds later, or earlier if the number is negative.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(
            self.0
                .saturating_add(seconds.saturating_mul(1000)),
        )
    }

    /// Whole seconds from `earlier` to this moment; negative if `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1000)
    }

    /// `2026-04-08T19:51:19Z`: UTC, whole seconds.
    pub fn to_rfc3339(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `8 Apr 2026, 19:51 UTC`, for people.
    pub fn to_words(self) -> String {
        self.format("%-d %b %Y, %H:%M UTC")
    }

    /// `8 Apr 2026`, for people.
    pub fn to_day(self) -> String {
        self.format("%-d %b %Y")
    }

    /// The day in UTC, `2026-04-08`.
    pub fn to_date(self) -> String {
        self.format("%Y-%m-%d")
    }

    /// The latest time that can be represented: the last second of the year 9999.
    pub const LAST: Self = Self(253_402_300_799_999);

    /// Reads `2026-04-08T19:51:19Z`, or a time with an offset (RFC 3339), in the years 1970 to
    /// 9999.
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text).ok()
    }

    /// Like [`Moment::parse`], with the reason for a failure.
    ///
    /// # Errors
    /// `TimeOutOfRange` for a time before 1970 or after the year 9999; `NotATime` for any other
    /// text.
    pub fn read(text: &str) -> Result<Self, Fault> {
        rfc3339::read(text)
            .ok_or(Fault::NotATime)?
            .within_range()
    }

    /// The first second of a day in UTC, `2026-04-08`.
    pub fn start_of_day(date: &str) -> Option<Self> {
        Self::read(&format!("{date}T00:00:00Z")).ok()
    }

    /// The last second of a day in UTC, `2026-04-08`.
    pub fn end_of_day(date: &str) -> Option<Self> {
        Self::read_end_of_day(date).ok()
    }

    /// Like [`Moment::end_of_day`], with the reason for a failure.
    ///
    /// # Errors
    /// The errors of [`Moment::read`].
    pub fn read_end_of_day(date: &str) -> Result<Self, Fault> {
        Self::read(&format!("{date}T23:59:59Z"))
    }

    fn within_range(self) -> Result<Self, Fault> {
        if (Self(0)..=Self::LAST).contains(&self) {
            return Ok(self);
        }
        Err(Fault::TimeOutOfRange {
            earliest: Self(0).to_rfc3339(),
            latest: Self::LAST.to_rfc3339(),
        })
    }

    fn format(self, format: &str) -> String {
        let since_1970 = jiff::SignedDuration::from_millis(self.0);
        let time = jiff::civil::date(1970, 1, 1)
            .to_datetime(jiff::civil::Time::midnight())
            .saturating_add(since_1970);
        time.strftime(format).to_string()
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_rfc3339())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a point in time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_displayed_in_whole_seconds_of_utc() {
        let moment = Moment(1_775_677_879_999);
        assert_eq!(moment.to_rfc3339(), "2026-04-08T19:51:19Z");
        assert_eq!(moment.to_words(), "8 Apr 2026, 19:51 UTC");
        assert_eq!(moment.plus_seconds(1).seconds_since(moment), 1);
        assert_eq!(moment.to_date(), "2026-04-08");
    }

    proptest::proptest! {
        #[test]
        fn a_formatted_moment_parses_to_the_same_second(millis in 0..=Moment::LAST.0) {
            let whole = Moment(millis.div_euclid(1000) * 1000);
            assert_eq!(Moment::read(&Moment(millis).to_rfc3339()), Ok(whole));
        }

        #[test]
        fn parsing_never_panics_or_leaves_the_range(text in "\\PC{0,40}", like in "[0-9]{1,6}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,20})?([Zz]|[+-][0-9]{2}:[0-9]{2})") {
            for text in [text, like] {
                if let Ok(moment) = Moment::read(&text) {
                    assert!((Moment(0)..=Moment::LAST).contains(&moment), "{text}");
                }
            }
        }
    }

    // F13: times at and beyond the limit are not displayed as a time in 1970.
    #[test]
    fn the_last_second_of_9999_is_displayed_correctly() {
        assert_eq!(Moment::LAST.to_rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(Moment::LAST.to_words(), "31 Dec 9999, 23:59 UTC");
        assert_eq!(
            Moment::end_of_day("9999-12-31")
                .map(Moment::to_date)
                .as_deref(),
            Some("9999-12-31")
        );
        for far in [Moment(i64::MAX), Moment(i64::MIN)] {
            assert!(!far.to_rfc3339().starts_with("1970"));
        }
    }

    #[test]
    fn only_rfc_3339_times_in_range_are_parsed() {
        assert_eq!(
            Moment::parse("2026-04-08T19:51:19Z"),
            Some(Moment(1_775_677_879_000))
        );
        assert_eq!(
            Moment::parse("2026-04-08T21:51:19+02:00"),
            Some(Moment(1_775_677_879_000))
        );
        assert_eq!(
            Moment::end_of_day("2026-04-08").map(Moment::to_rfc3339),
            Some("2026-04-08T23:59:59Z".into())
        );
        assert_eq!(
            Moment::start_of_day("2026-04-08").map(Moment::to_rfc3339),
            Some("2026-04-08T00:00:00Z".into())
        );
        for bad in [
            "",
            "tomorrow",
            "2026-04-08",
            "2026-13-08T19:51:19Z",
            "1969-12-31T23:59:59Z",
            "2026-04-08 19:51",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad:?}");
        }
        for (text, same) in [
            ("2026-04-08t19:51:19z", "2026-04-08T19:51:19Z"),
            (
                "2026-04-08T19:51:19.9999999999Z",
                "2026-04-08T19:51:19Z",
            ),
            ("2026-04-08 19:51:19Z", "2026-04-08T19:51:19Z"),
            ("2026-04-08T19:51:19-00:00", "2026-04-08T19:51:19Z"),
            ("2026-04-08T00:51:19+23:59", "2026-04-07T00:52:19Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
            ("2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(
                Moment::read(text).map(Moment::to_rfc3339),
                Ok(same.to_owned()),
                "{text}"
            );
        }
        for bad in [
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-04-08T24:00:00Z",
            "2026-04-08T19:60:00Z",
            "2026-04-08T19:51:60Z",
            "2026-04-08T19:51:19",
            "2026-04-08T19:51:19.Z",
            "2026-04-08T19:51:19,5Z",
            "2026-04-08T19:51:19+24:00",
            "2026-04-08T19:51:19+0200",
            "2026-04-08T19:51:19Z ",
            "20260408T195119Z",
            "2026-04-08T19:51:19Z[UTC]",
            "2026-4-8T19:51:19Z",
            "+2026-04-08T19:51:19Z",
            "２026-04-08T19:51:19Z",
            "0000-00-00T00:00:00Z",
            "2026-04-08T19:51:19+é1:00",
            "123-04-08T19:51:19Z",
        ] {
            assert_eq!(Moment::read(bad), Err(Fault::NotATime), "{bad}");
        }
        for far in [
            "1969-12-31T23:59:59Z",
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-00:01",
            "10000-01-01T00:00:00Z",
            "275760-09-13T00:00:00Z",
        ] {
            let range = "Choose a time from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z.";
            assert_eq!(
                Moment::read(far).map_err(|fault| fault.sentence()),
                Err(range.to_owned()),
                "{far}"
            );
        }
        assert_eq!(Moment::end_of_day("2026-02-30"), None);
        assert_eq!(Moment::end_of_day("8 Apr 2026"), None);
    }
}
