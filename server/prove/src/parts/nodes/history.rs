//! A record of the operations of all clients, with the times when they began and ended.

mod judge;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub use judge::Judgement;

/// What an operation does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Creates it.
    Create,
    /// Sends a request with it.
    Check,
    /// Takes its access away.
    End,
}

/// The result of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// A success.
    Success,
    /// 401 or 403.
    Refusal,
    /// 503, or no response. An operation that changes something may have happened.
    Unavailable,
    /// Another status.
    Other(u16),
}

impl Given {
    /// The result with this status.
    pub const fn of(status: Option<u16>) -> Self {
        match status {
            Some(200..=299) => Self::Success,
            Some(401 | 403) => Self::Refusal,
            None | Some(503) => Self::Unavailable,
            Some(other) => Self::Other(other),
        }
    }
}

/// An operation. Times are microseconds since the start of the record.
#[derive(Clone, Copy, Debug)]
struct Operation {
    subject: usize,
    node: usize,
    act: Act,
    begun: u64,
    ended: u64,
    given: Given,
}

/// A time in which a node, or every node, may answer 503.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// The node. `None` means every node.
    node: Option<usize>,
    from: u64,
    until: u64,
    /// Whether the node did not run at all.
    is_pause: bool,
}

/// The operations and windows so far.
#[derive(Default)]
struct Record {
    /// The names of the keys.
    subjects: Vec<String>,
    operations: Vec<Operation>,
    windows: Vec<Window>,
}

/// A record in progress.
pub struct History {
    started: Instant,
    record: Mutex<Record>,
}

impl History {
    /// An empty record.
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            record: Mutex::default(),
        }
    }

    /// Adds a key. Returns its number.
    pub fn subject(&self, name: &str) -> usize {
        let mut record = self.record();
        record.subjects.push(name.to_owned());
        record.subjects.len() - 1
    }

    /// Adds an operation on a key.
    pub fn add(
        &self,
        act: Act,
        subject: usize,
        node: usize,
        (begun, ended): (Instant, Instant),
        given: Given,
    ) {
        let operation = Operation {
            subject,
            node,
            act,
            begun: self.micros(begun),
            ended: self.micros(ended),
            given,
        };
        self.record().operations.push(operation);
    }

    /// Adds a time in which a node may answer 503. `None` means every node.
    pub fn allow_outage(&self, node: Option<usize>, from: Instant, until: Instant) {
        self.add_window(node, from, until, false);
    }

    /// Adds a time in which a node did not run.
    pub fn add_pause(&self, node: usize, from: Instant, until: Instant) {
        self.add_window(Some(node), from, until, true);
    }

    /// Checks everything so far.
    pub fn judge(&self) -> Judgement {
        Judgement::of(&self.record())
    }

    fn add_window(&self, node: Option<usize>, from: Instant, until: Instant, is_pause: bool) {
        let window = Window {
            node,
            from: self.micros(from),
            until: self.micros(until),
            is_pause,
        };
        self.record().windows.push(window);
    }

    fn micros(&self, time: Instant) -> u64 {
        let since: Duration = time.saturating_duration_since(self.started);
        since.as_micros() as u64
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
