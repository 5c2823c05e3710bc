//! Whether the database can be written to: what the last writes came to.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::StoreError;

/// For how long a write that succeeded speaks for the next ones.
const GOOD: Duration = Duration::from_secs(5);
/// For how long one that failed does.
const BAD: Duration = Duration::from_secs(1);

/// What the last write came to.
#[derive(Default)]
pub(super) struct Writing {
    last: Mutex<Option<(Instant, Outcome)>>,
}

/// How a write ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is durable.
    Good,
    /// The database could not be written to.
    Failed,
}

impl Writing {
    /// Remembers that a write is durable.
    pub(super) fn succeeded(&self) {
        self.note(Outcome::Good);
    }

    /// Remembers a failure, if it is one of the database and not of the statement.
    pub(super) fn failed(&self, error: &StoreError) {
        if error.stops_writing() {
            self.note(Outcome::Failed);
        }
    }

    /// What is known, as long as it counts.
    pub(super) fn known(&self) -> Option<Outcome> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let counts =
            |(at, outcome): &(Instant, Outcome)| at.elapsed() < if *outcome == Outcome::Good { GOOD } else { BAD };
        last.filter(counts).map(|(_, outcome)| outcome)
    }

    fn note(&self, outcome: Outcome) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), outcome));
    }
}
