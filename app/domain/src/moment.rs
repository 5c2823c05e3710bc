//! A point in time, in milliseconds, shown in whole seconds of UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Serialized as `2026-04-08T19:51:19Z` (RO-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
        let stamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(stamp.as_millisecond()))
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
    }
}
