//! A map by key in parts with a lock each, so that requests with different keys rarely wait for each
//! other.

use std::sync::PoisonError;

use domain::KeyId;
use foldhash::HashMap;

use crate::sync::{Mutex, MutexGuard};

const PARTS: usize = 64;

/// A map by key.
pub struct Sharded<V> {
    parts: Vec<Mutex<HashMap<KeyId, V>>>,
}

impl<V> Default for Sharded<V> {
    fn default() -> Self {
        Self {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl<V> Sharded<V> {
    /// The part that has this key.
    pub fn of(&self, key: KeyId) -> MutexGuard<'_, HashMap<KeyId, V>> {
        let number = usize::try_from(key.0.unsigned_abs() % PARTS as u64).unwrap_or_default();
        lock(&self.parts[number])
    }

    /// Every part, one after the other.
    pub fn parts(&self) -> impl Iterator<Item = MutexGuard<'_, HashMap<KeyId, V>>> {
        self.parts.iter().map(lock)
    }
}

fn lock<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    part.lock()
        .unwrap_or_else(PoisonError::into_inner)
}
