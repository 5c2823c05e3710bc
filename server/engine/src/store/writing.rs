//! Whether the database is writable, by the outcome of the last writes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::StoreError;

/// How long a successful write counts.
const GOOD: Duration = Duration::from_secs(5);
/// How long a failed write counts.
const BAD: Duration = Duration::from_secs(1);

/// The outcome of the last write.
#[derive(Default)]
pub(super) struct Writing {
    last: Mutex<Option<(Instant, Outcome)>>,
}

/// The outcome of a write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was committed.
    Good,
    /// The database was not writable.
    Failed,
}

impl Writing {
    /// Records a committed write.
    pub(super) fn succeeded(&self) {
        self.note(Outcome::Good);
    }

    /// Records a failure of the database; failures of a statement are ignored.
    pub(super) fn failed(&self, error: &StoreError) {
        if error.stops_writing() {
            self.note(Outcome::Failed);
        }
    }

    /// The last outcome, while it counts.
    pub(super) fn known(&self) -> Option<Outcome> {
        let last = *self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let counts = |(at, outcome): &(Instant, Outcome)| {
            at.elapsed() < if *outcome == Outcome::Good { GOOD } else { BAD }
        };
        last.filter(counts).map(|(_, outcome)| outcome)
    }

    fn note(&self, outcome: Outcome) {
        *self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), outcome));
    }
}
