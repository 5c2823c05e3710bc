//! Keys that were refused because their time was over: the end is written at the refusal, so that no clock that goes
//! back admits them again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::key::KeyState;
use domain::{KeyId, Moment, OrganizationId};
use tokio::task::JoinHandle;

use super::state_of;
use crate::ctx::Origin;
use crate::reauthorize::system_ctx;
use crate::store;
use crate::store::keys::{self, KeyRow, USABLE};
use crate::{Engine, Result};

/// Refused keys whose end is not in the database yet.
#[derive(Default)]
pub(crate) struct RefusedKeys(Mutex<HashMap<KeyId, OrganizationId>>);

impl RefusedKeys {
    fn held(&self) -> MutexGuard<'_, HashMap<KeyId, OrganizationId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// The state of a key as it decides over a request: once refused because of its end, it stays refused.
    pub(crate) fn state_of_presented(&self, row: &KeyRow) -> KeyState {
        match (state_of(row, self.runtime().now()), row.expires_at) {
            (KeyState::Active, Some(at)) if self.refused_keys().held().contains_key(&KeyId(row.id)) => {
                KeyState::Expired { at: Moment(at) }
            }
            (state, _) => state,
        }
    }

    /// Writes the end of a key that is refused because of it. Nothing is left to do if it is written, or being written.
    pub(crate) fn end_refused(&self, row: &KeyRow) -> Option<JoinHandle<()>> {
        if row.rank != USABLE || !matches!(self.state_of_presented(row), KeyState::Expired { .. }) {
            return None;
        }
        let (id, organization) = (KeyId(row.id), row.organization_id.parse::<OrganizationId>().ok()?);
        if self.refused_keys().held().insert(id, organization.clone()).is_some() {
            return None;
        }
        let engine = self.clone();
        // On its own: it is written even if whoever asked hangs up.
        Some(tokio::spawn(async move {
            if let Err(error) = engine.write_refused_end(&organization, id).await {
                tracing::warn!(key_id = id.0, %error, "the end of a refused key has to wait");
            }
        }))
    }

    /// Writes the ends of refused keys that could not be written at the refusal; gives their number.
    pub(super) async fn write_refused_ends(&self) -> usize {
        let waiting: Vec<_> = self.refused_keys().held().iter().map(|(id, at)| (*id, at.clone())).collect();
        let mut written = 0;
        for (id, organization) in waiting {
            match self.write_refused_end(&organization, id).await {
                Ok(()) => written += 1,
                // One that cannot be written is no reason to leave the others.
                Err(error) => tracing::error!(key_id = id.0, %error, "the end of a refused key could not be written"),
            }
        }
        written
    }

    async fn write_refused_end(&self, organization: &OrganizationId, id: KeyId) -> Result<()> {
        let mut tx = self.db().begin().await?;
        store::audit::lock_chain_head(&mut tx, organization).await?;
        let row = keys::lock(&mut tx, organization, id, true).await?;
        // An altered row is refused for that, and its alteration stays to be seen.
        if let Some(row) = row.filter(|row| row.rank == USABLE && row.is_sound(self.ring())) {
            let origin = Origin { request_id: "clock".into(), ..Origin::default() };
            let ctx = system_ctx(organization, "Roundtable", self.runtime().now(), origin);
            self.expire_row(&mut tx, &ctx, row).await?;
            tx.commit().await?;
            let in_flight = self.in_flight().clone();
            // The refusal does not wait for what still runs with the key.
            tokio::spawn(async move { in_flight.end_all(&[id], None).await });
        }
        self.refused_keys().held().remove(&id);
        Ok(())
    }
}
