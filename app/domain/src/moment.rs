//! A point in time, in milliseconds, shown in whole seconds of UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Serialized as `2026-04-08T19:51:19Z` (RO-16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment so many seconds later (or, if negative, earlier).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Whole seconds from `earlier` to this moment; negative if `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).div_euclid(1000)
    }

    /// `2026-04-08T19:51:19Z`: UTC, whole seconds (RO-16).
    pub fn to_rfc3339(self) -> String {
        self.shown("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `8 Apr 2026, 19:51 UTC`, for people.
    pub fn to_words(self) -> String {
        self.shown("%-d %b %Y, %H:%M UTC")
    }

    /// `8 Apr 2026`, for people.
    pub fn to_day(self) -> String {
        self.shown("%-d %b %Y")
    }

    /// The day in UTC, `2026-04-08`.
    pub fn to_date(self) -> String {
        self.shown("%Y-%m-%d")
    }

    /// Reads `2026-04-08T19:51:19Z`, or the same with an offset (RFC 3339); the years 1970 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        let stamp: jiff::Timestamp = text.parse().ok()?;
        Some(Self(stamp.as_millisecond())).filter(|moment| moment.0 >= 0)
    }

    /// The first second of a day in UTC, `2026-04-08`.
    pub fn start_of_day(date: &str) -> Option<Self> {
        Self::on_day(date, "00:00:00")
    }

    /// The last second of a day in UTC, `2026-04-08`.
    pub fn end_of_day(date: &str) -> Option<Self> {
        Self::on_day(date, "23:59:59")
    }

    fn on_day(date: &str, time: &str) -> Option<Self> {
        if date.len() == 10 { Self::parse(&format!("{date}T{time}Z")) } else { None }
    }

    fn shown(self, format: &str) -> String {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default().strftime(format).to_string()
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
    fn shown_in_whole_seconds_of_utc() {
        let moment = Moment(1_775_677_879_999);
        assert_eq!(moment.to_rfc3339(), "2026-04-08T19:51:19Z");
        assert_eq!(moment.to_words(), "8 Apr 2026, 19:51 UTC");
        assert_eq!(moment.plus_seconds(1).seconds_since(moment), 1);
        assert_eq!(moment.to_date(), "2026-04-08");
    }

    #[test]
    fn read_strictly() {
        assert_eq!(Moment::parse("2026-04-08T19:51:19Z"), Some(Moment(1_775_677_879_000)));
        assert_eq!(Moment::parse("2026-04-08T21:51:19+02:00"), Some(Moment(1_775_677_879_000)));
        assert_eq!(Moment::end_of_day("2026-04-08").map(Moment::to_rfc3339), Some("2026-04-08T23:59:59Z".into()));
        assert_eq!(Moment::start_of_day("2026-04-08").map(Moment::to_rfc3339), Some("2026-04-08T00:00:00Z".into()));
        for bad in ["", "tomorrow", "2026-04-08", "2026-13-08T19:51:19Z", "1969-12-31T23:59:59Z", "2026-04-08 19:51"] {
            assert_eq!(Moment::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Moment::end_of_day("2026-02-30"), None);
        assert_eq!(Moment::end_of_day("8 Apr 2026"), None);
    }
}
