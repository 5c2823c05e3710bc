//! The pauses between attempts to reach the server.

use std::time::Duration;

/// The first pause. Each further one is twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// Growing pauses.
pub(super) struct Pauses {
    next: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Pauses {
    /// The next pause: at least what the server asks for.
    pub fn next(&mut self, asked: Option<Duration>) -> Duration {
        let pause = self.next.max(asked.unwrap_or_default());
        self.next = (self.next * 2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_respect_the_server() {
        let mut pauses = Pauses::default();
        let mut next = |asked: Option<u64>| {
            pauses
                .next(asked.map(Duration::from_secs))
                .as_secs()
        };
        let seconds = [None, None, Some(9), None, None, None, None].map(&mut next);
        assert_eq!(seconds, [1, 2, 9, 8, 16, 30, 30]);
    }
}
