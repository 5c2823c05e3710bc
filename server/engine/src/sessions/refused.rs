//! Sessions that were refused because they had run out: the row is removed at the refusal, so that no clock that goes
//! back lets their person in again.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;

use crate::store::sessions::{self, SessionRow};
use crate::{Engine, Result};

/// Digests of refused sessions whose rows are not removed yet.
#[derive(Default)]
pub(crate) struct RefusedSessions(Mutex<HashSet<Vec<u8>>>);

impl RefusedSessions {
    fn held(&self) -> MutexGuard<'_, HashSet<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Whether a session has not run out, and was never refused for that.
    pub(super) fn is_live(&self, row: &SessionRow) -> bool {
        row.is_live(self.runtime().now()) && !self.refused_sessions().held().contains(&row.digest)
    }

    /// Removes a session that is refused because it has run out. One from the future is only refused: it may be the
    /// clock that is wrong.
    pub(super) fn remove_refused(&self, row: &SessionRow) -> Option<JoinHandle<()>> {
        if self.is_live(row) || !row.has_run_out(self.runtime().now()) {
            return None;
        }
        if !self.refused_sessions().held().insert(row.digest.clone()) {
            return None;
        }
        let (engine, digest) = (self.clone(), row.digest.clone());
        // On its own: it is removed even if whoever asked hangs up.
        Some(tokio::spawn(async move {
            if let Err(error) = engine.remove_session(&digest).await {
                tracing::warn!(%error, "the removal of a refused session has to wait");
            }
        }))
    }

    /// Removes the refused sessions that could not be removed at the refusal.
    pub(super) async fn remove_refused_sessions(&self) -> Result<()> {
        let waiting: Vec<_> = self.refused_sessions().held().iter().cloned().collect();
        for digest in waiting {
            self.remove_session(&digest).await?;
        }
        Ok(())
    }

    async fn remove_session(&self, digest: &[u8]) -> Result<()> {
        let mut tx = self.db().begin().await?;
        sessions::delete(&mut tx, digest).await?;
        tx.commit().await?;
        self.refused_sessions().held().remove(digest);
        Ok(())
    }
}
