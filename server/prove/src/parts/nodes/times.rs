//! Distributions of durations.

use std::time::Duration;

/// Durations in ascending order.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Sorts them.
    pub fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The longest.
    pub fn worst(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }

    /// The duration that this percentage of all does not exceed.
    pub fn at(&self, percent: usize) -> Duration {
        let position = (self.0.len() * percent).div_ceil(100).max(1) - 1;
        self.0.get(position).copied().unwrap_or_default()
    }

    /// Median, 99th percentile and worst.
    pub fn text(&self) -> String {
        format!(
            "median {}, 99th percentile {}, worst {}",
            millis(self.at(50)),
            millis(self.at(99)),
            millis(self.worst())
        )
    }
}

/// A duration in milliseconds.
pub fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_durations() {
        let times = Times::of(
            (1..=200)
                .rev()
                .map(Duration::from_millis)
                .collect(),
        );
        assert_eq!(times.at(50), Duration::from_millis(100));
        assert_eq!(times.at(99), Duration::from_millis(198));
        assert_eq!(times.worst(), Duration::from_millis(200));
        assert_eq!(
            times.text(),
            "median 100.0 ms, 99th percentile 198.0 ms, worst 200.0 ms"
        );
        assert_eq!(Times::default().at(99), Duration::ZERO);
    }
}
