//! Credentials that were accepted recently, as keyed 64-bit marks. A collision of two marks lets a credential bypass the
//! limit, never the check.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use super::Kind;

/// The mark of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mark(u64);

/// Two generations of marks. When the recent generation is full, it replaces the older one, whose marks are dropped.
#[derive(Default)]
struct Marks {
    recent: HashSet<Mark>,
    older: HashSet<Mark>,
}

pub(super) struct Accepted {
    hasher: RandomState,
    marks: Mutex<Marks>,
    max: usize,
}

impl Accepted {
    pub(super) fn new(max: usize) -> Self {
        Self { hasher: RandomState::new(), marks: Mutex::default(), max }
    }

    pub(super) fn mark(&self, kind: Kind, shown: &[u8]) -> Mark {
        Mark(self.hasher.hash_one((kind, shown)))
    }

    pub(super) fn contains(&self, mark: Mark) -> bool {
        self.with(|marks| marks.recent.contains(&mark) || marks.older.contains(&mark))
    }

    pub(super) fn insert(&self, mark: Mark) {
        self.with(|marks| {
            if marks.recent.len() >= self.max && !marks.recent.contains(&mark) {
                marks.older = std::mem::take(&mut marks.recent);
            }
            marks.recent.insert(mark);
            marks.older.remove(&mark);
        });
    }

    pub(super) fn remove(&self, mark: Mark) {
        self.with(|marks| {
            marks.recent.remove(&mark);
            marks.older.remove(&mark);
        });
    }

    /// How many marks are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.with(|marks| marks.recent.len() + marks.older.len())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Marks) -> T) -> T {
        act(&mut self.marks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
