//! Credentials that were accepted lately, as keyed 64-bit marks: a mark of another credential that is the same by chance
//! gets it past the limit, never past the check.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use super::Kind;

/// The mark of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mark(u64);

/// Two generations of marks: when one is full, those that were not seen since the last time are forgotten.
#[derive(Default)]
struct Marks {
    recent: HashSet<Mark>,
    older: HashSet<Mark>,
}

pub(super) struct Known {
    hasher: RandomState,
    marks: Mutex<Marks>,
    most: usize,
}

impl Known {
    pub(super) fn new(most: usize) -> Self {
        Self { hasher: RandomState::new(), marks: Mutex::default(), most }
    }

    pub(super) fn mark(&self, kind: Kind, shown: &[u8]) -> Mark {
        Mark(self.hasher.hash_one((kind, shown)))
    }

    pub(super) fn holds(&self, mark: Mark) -> bool {
        self.with(|marks| marks.recent.contains(&mark) || marks.older.contains(&mark))
    }

    pub(super) fn remember(&self, mark: Mark) {
        self.with(|marks| {
            if marks.recent.len() >= self.most && !marks.recent.contains(&mark) {
                marks.older = std::mem::take(&mut marks.recent);
            }
            marks.recent.insert(mark);
            marks.older.remove(&mark);
        });
    }

    pub(super) fn forget(&self, mark: Mark) {
        self.with(|marks| {
            marks.recent.remove(&mark);
            marks.older.remove(&mark);
        });
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.with(|marks| marks.recent.len() + marks.older.len())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Marks) -> T) -> T {
        act(&mut self.marks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
