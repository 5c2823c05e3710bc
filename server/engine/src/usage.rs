//! When keys were last used: gathered in memory, written in batches, so that a request costs no write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::{KeyId, Moment};

use crate::{Engine, Result, store};

/// Uses not written yet.
#[derive(Default)]
pub struct Usage {
    pending: Mutex<HashMap<KeyId, Moment>>,
}

impl Usage {
    /// Notes that a request passed with this key (decision D27).
    pub fn note(&self, key: KeyId, at: Moment) {
        self.pending().insert(key, at);
    }

    /// The last use of a key that is not written yet.
    pub fn pending_for(&self, key: KeyId) -> Option<Moment> {
        self.pending().get(&key).copied()
    }

    fn take(&self) -> HashMap<KeyId, Moment> {
        std::mem::take(&mut self.pending())
    }

    fn put_back(&self, uses: HashMap<KeyId, Moment>) {
        let mut pending = self.pending();
        for (key, at) in uses {
            let latest = pending.entry(key).or_insert(at);
            *latest = at.max(*latest);
        }
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, HashMap<KeyId, Moment>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Writes what was gathered. What cannot be written is kept for the next time.
    ///
    /// # Errors
    /// `Busy` when the database does not take it.
    pub async fn flush_usage(&self) -> Result<()> {
        let uses = self.inner.usage.take();
        if uses.is_empty() {
            return Ok(());
        }
        let written = self.write_uses(&uses).await;
        if written.is_err() {
            self.inner.usage.put_back(uses);
        }
        written
    }

    async fn write_uses(&self, uses: &HashMap<KeyId, Moment>) -> Result<()> {
        let mut tx = self.db().begin().await?;
        let mut ordered: Vec<_> = uses.iter().collect();
        ordered.sort();
        for (key, at) in ordered {
            store::keys::touch(&mut tx, *key, *at).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(crate) fn note_use(&self, key: KeyId, at: Moment) {
        self.inner.usage.note(key, at);
    }
}
