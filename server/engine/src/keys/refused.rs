//! Recording the expiry of a key when it is first refused for it. A clock that is set back later
//! does not make the key valid again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::key::KeyState;
use domain::{KeyId, Moment, OrganizationId};
use tokio::task::JoinHandle;

use crate::ctx::{Ctx, Origin};
use crate::store;
use crate::store::keys::{self, KeyRow, USABLE};
use crate::{Engine, Result};

/// Keys that were refused because they expired, and whose expiry is not in the database yet.
#[derive(Default)]
pub(crate) struct RefusedKeys(Mutex<HashMap<KeyId, OrganizationId>>);

impl RefusedKeys {
    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, OrganizationId>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// The state of a presented key. A key that was refused as expired stays expired.
    pub(crate) fn state_of_presented(&self, row: &KeyRow) -> KeyState {
        match (row.state(self.runtime().now()), row.expires_at) {
            (KeyState::Active, Some(at))
                if self
                    .refused_keys()
                    .lock()
                    .contains_key(&KeyId(row.id)) =>
            {
                KeyState::Expired { at: Moment(at) }
            }
            (state, _) => state,
        }
    }

    /// Starts to record the expiry of a key that is refused for it. None if it is recorded, or
    /// being recorded.
    pub(crate) fn record_refused_expiry(&self, row: &KeyRow) -> Option<JoinHandle<()>> {
        if row.rank != USABLE || !matches!(self.state_of_presented(row), KeyState::Expired { .. }) {
            return None;
        }
        let id = KeyId(row.id);
        let organization = row
            .organization_id
            .parse::<OrganizationId>()
            .ok()?;
        if self
            .refused_keys()
            .lock()
            .insert(id, organization.clone())
            .is_some()
        {
            return None;
        }

        let engine = self.clone();
        // In a task of its own, because a caller that disconnects must not stop it.
        Some(store::spawn_part(async move {
            if let Err(error) = engine.record_expiry(&organization, id).await {
                tracing::warn!(key_id = id.0, %error, "the expiry of a refused key will be recorded later");
            }
        }))
    }

    /// Records the expiries that could not be recorded at the refusal. Gives their number.
    pub(super) async fn record_refused_expiries(&self) -> usize {
        let waiting: Vec<_> = self
            .refused_keys()
            .lock()
            .iter()
            .map(|(id, at)| (*id, at.clone()))
            .collect();
        let mut recorded = 0;
        for (id, organization) in waiting {
            match self.record_expiry(&organization, id).await {
                Ok(()) => recorded += 1,
                // The failure of one key does not hold up the others.
                Err(error) => {
                    tracing::error!(key_id = id.0, %error, "the expiry of a refused key could not be recorded");
                }
            }
        }
        recorded
    }

    async fn record_expiry(&self, organization: &OrganizationId, id: KeyId) -> Result<()> {
        let mut tx = self.db().begin().await?;
        store::audit::lock_chain_head(&mut tx, organization).await?;
        let row = keys::lock(&mut tx, organization, id, true).await?;
        // An altered row is refused as altered. It is not changed, so that the alteration remains
        // detectable.
        if let Some(row) = row.filter(|row| row.rank == USABLE && row.is_sound(self.ring())) {
            let ctx = Ctx::system_in(
                organization,
                "Roundtable",
                self.runtime().now(),
                Origin::of_clock(),
            );
            self.mark_expired(&mut tx, &ctx, row).await?;
            // Every node compares the expiry with its clock, and the refusal has to wait for nobody.
            tx.commit_without_waiting().await?;
        }
        self.refused_keys().lock().remove(&id);
        Ok(())
    }
}
