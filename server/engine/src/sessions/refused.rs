//! Deleting an expired session when it is first refused. A clock that is set back later does not
//! make it valid again.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;

use crate::store;
use crate::store::sessions::{self, SessionRow};
use crate::{Engine, Result};

/// Digests of refused sessions whose rows are not deleted yet.
#[derive(Default)]
pub(crate) struct RefusedSessions(Mutex<HashSet<Vec<u8>>>);

impl RefusedSessions {
    fn lock(&self) -> MutexGuard<'_, HashSet<Vec<u8>>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Whether a session has not expired, and was never refused as expired.
    pub(super) fn is_current(&self, row: &SessionRow) -> bool {
        row.is_current(self.runtime().now())
            && !self
                .refused_sessions()
                .lock()
                .contains(&row.digest)
    }

    /// Starts to delete a session that is refused as expired. A session from the future is refused
    /// but not deleted, because the clock may be wrong.
    pub(super) fn delete_refused(&self, row: &SessionRow) -> Option<JoinHandle<()>> {
        if self.is_current(row) || !row.has_expired(self.runtime().now()) {
            return None;
        }
        if !self
            .refused_sessions()
            .lock()
            .insert(row.digest.clone())
        {
            return None;
        }

        let engine = self.clone();
        let digest = row.digest.clone();
        // In a task of its own, because a caller that disconnects must not stop it.
        Some(store::spawn_part(async move {
            if let Err(error) = engine.delete_refused_session(&digest).await {
                tracing::warn!(%error, "a refused session will be deleted later");
            }
        }))
    }

    /// Deletes the refused sessions that could not be deleted at the refusal.
    pub(super) async fn delete_refused_sessions(&self) -> Result<()> {
        let waiting: Vec<_> = self
            .refused_sessions()
            .lock()
            .iter()
            .cloned()
            .collect();
        for digest in waiting {
            self.delete_refused_session(&digest).await?;
        }
        Ok(())
    }

    async fn delete_refused_session(&self, digest: &[u8]) -> Result<()> {
        let mut tx = self.db().begin().await?;
        sessions::delete(&mut tx, digest).await?;
        tx.commit().await?;
        self.refused_sessions().lock().remove(digest);
        Ok(())
    }
}
