//! Credentials that were accepted recently, as keyed 64-bit fingerprints. A collision of two
//! fingerprints lets a credential bypass the limit, never the check.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use super::Kind;

/// The fingerprint of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u64);

/// Two generations of fingerprints. When the recent generation is full, it replaces the older one.
#[derive(Default)]
struct Generations {
    recent: HashSet<Fingerprint>,
    older: HashSet<Fingerprint>,
}

/// The credentials that passed their check, up to a limit.
pub(super) struct AcceptedCredentials {
    hasher: RandomState,
    fingerprints: Mutex<Generations>,
    max: usize,
}

impl AcceptedCredentials {
    pub(super) fn new(max: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            fingerprints: Mutex::default(),
            max,
        }
    }

    pub(super) fn fingerprint(&self, kind: Kind, shown: &[u8]) -> Fingerprint {
        Fingerprint(self.hasher.hash_one((kind, shown)))
    }

    pub(super) fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.with(|fingerprints| {
            fingerprints.recent.contains(&fingerprint) || fingerprints.older.contains(&fingerprint)
        })
    }

    pub(super) fn insert(&self, fingerprint: Fingerprint) {
        self.with(|fingerprints| {
            if fingerprints.recent.len() >= self.max && !fingerprints.recent.contains(&fingerprint)
            {
                fingerprints.older = std::mem::take(&mut fingerprints.recent);
            }
            fingerprints.recent.insert(fingerprint);
            fingerprints.older.remove(&fingerprint);
        });
    }

    pub(super) fn remove(&self, fingerprint: Fingerprint) {
        self.with(|fingerprints| {
            fingerprints.recent.remove(&fingerprint);
            fingerprints.older.remove(&fingerprint);
        });
    }

    /// The number of fingerprints.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.with(|fingerprints| fingerprints.recent.len() + fingerprints.older.len())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Generations) -> T) -> T {
        act(&mut self
            .fingerprints
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }
}
