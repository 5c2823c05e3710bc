//! Recording expiries. An expired key is refused immediately, whether or not its expiry is
//! recorded; the record brings the audit event, frees the owner for another key, and outlives a
//! clock that is set back.

use domain::event::{AuditAction, Event};
use domain::{ActorId, Moment, OrganizationId};

use crate::audit::journal;
use crate::ctx::{Ctx, Origin};
use crate::store::keys::{self, EXPIRED, KeyRow};
use crate::store::{self, Tx, parse_column};
use crate::{Engine, Result};

/// Keys that are read at a time.
const BATCH: i64 = 200;

impl Engine {
    /// Records which keys have expired, and cancels the requests that run with them. Gives their
    /// number.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn expire_keys(&self) -> Result<usize> {
        let mut recorded = self.record_refused_expiries().await;
        let due =
            keys::organizations_due(&mut self.db().read().await?, self.runtime().now()).await?;
        for organization in due {
            let organization = parse_column(&organization, "api_keys.organization_id")?;
            match self.expire_keys_of(&organization).await {
                Ok(expired) => recorded += expired,
                // The failure of one organization does not hold up the others.
                Err(error) => {
                    tracing::error!(%organization, %error, "key expiries could not be recorded")
                }
            }
        }
        Ok(recorded)
    }

    /// As [`Engine::expire_keys`], for one organization.
    pub(crate) async fn expire_keys_of(&self, organization: &OrganizationId) -> Result<usize> {
        let now = self.runtime().now();
        if keys::due_of(&mut self.db().read().await?, organization, now, 1)
            .await?
            .is_empty()
        {
            return Ok(0);
        }
        let mut tx = self.db().begin().await?;
        let recorded = self
            .expire_due_keys(&mut tx, organization)
            .await?;
        tx.commit().await?;
        Ok(recorded)
    }

    /// Records the expiries of one organization that are due. Gives their number.
    pub(crate) async fn expire_due_keys(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
    ) -> Result<usize> {
        store::audit::lock_chain_head(tx, organization).await?;
        let now = self.runtime().now();
        let ctx = Ctx::system_in(organization, "Roundtable", now, Origin::of_clock());
        let mut expired = 0;
        loop {
            let due = keys::due_of(tx, organization, now, BATCH).await?;
            if due.is_empty() {
                return Ok(expired);
            }
            for id in due {
                let Some(row) = keys::lock(tx, organization, id, true).await? else {
                    continue;
                };
                self.mark_expired(tx, &ctx, row).await?;
                expired += 1;
            }
        }
    }

    /// Marks a key as expired, with its audit event.
    pub(super) async fn mark_expired(&self, tx: &mut Tx, ctx: &Ctx, row: KeyRow) -> Result<()> {
        let event = Event::new(AuditAction::KeyExpired, "key", row.id, &row.label())
            .concerning(ActorId(row.actor_id))
            .changed("state", Some("active"), Some("expired"))
            .changed(
                "ended_at",
                None,
                row.expires_at
                    .map(|at| Moment(at).to_rfc3339())
                    .as_deref(),
            );
        let audit_n = journal(self, tx, ctx, event).await?;
        let expired = KeyRow {
            audit_n,
            expired_at: row.expires_at,
            rank: EXPIRED,
            sole: false,
            ..row.clone()
        };
        self.save_key(tx, &row, expired).await.map(drop)
    }
}
