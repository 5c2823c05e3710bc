//! The end of keys: by someone, or by the clock.

use std::collections::BTreeSet;

use domain::command::RevokeKey;
use domain::event::{AuditAction, Event};
use domain::key::RevokeReason;
use domain::policy::{Action, permit};
use domain::view::Revoked;
use domain::{ActorId, KeyId, Moment, OrganizationId};

use super::{is_itself, lock};
use crate::audit::journal;
use crate::ctx::{Ctx, Origin};
use crate::reauthorize::{reauthorize, system_ctx};
use crate::store::keys::{self, EXPIRED, KeyRow, REVOKED};
use crate::store::{self, StoreError, Tx, parse_column};
use crate::{Engine, Error, Result};

/// How many ends are written down in one go.
const BATCH: i64 = 200;

impl Engine {
    /// Ends a key, for good, and every request that runs with it. A key that had ended before stays as it was.
    ///
    /// # Errors
    /// `NotFound` when the organization has no such key, `Denied` when it is someone else's and the caller no admin.
    pub async fn revoke_key(&self, ctx: &Ctx, command: RevokeKey) -> Result<Revoked> {
        let mut ended = self.revoke_keys(ctx, &[command.key], command.reason).await?;
        ended.pop().ok_or(Error::NotFound)
    }

    /// Ends several keys, all or none of them.
    ///
    /// # Errors
    /// As [`Engine::revoke_key`], for any of them; `FreshSignInRequired` for more than one (B22).
    pub async fn revoke_keys(&self, ctx: &Ctx, ids: &[KeyId], reason: RevokeReason) -> Result<Vec<Revoked>> {
        self.making_room(|| self.try_to_revoke(ctx, ids, reason)).await
    }

    async fn try_to_revoke(&self, ctx: &Ctx, ids: &[KeyId], reason: RevokeReason) -> Result<Vec<Revoked>> {
        let own = ids.iter().all(|id| is_itself(ctx, *id));
        let reach = permit(&ctx.actor, if own { Action::RevokeItself } else { Action::RevokeKey })?;
        let mut tx = self.db().begin_on_reserve().await?;
        reauthorize(self, &mut tx, ctx).await?;
        // In one order for everybody, so that none waits for another in a circle.
        let ids: Vec<_> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        if ids.len() > 1 {
            ctx.fresh()?;
        }
        let mut fresh = Vec::new();
        for &id in &ids {
            let row = lock(&mut tx, &reach, id).await?;
            let live = row.revoked_at.is_none();
            if live {
                let event = ending(&row).changed("reason", None, Some(reason.as_str()));
                self.mark_revoked(&mut tx, ctx, &row, None, reason, event).await?;
            }
            fresh.push(live);
        }
        self.commit_and_cancel(tx, ids.clone(), ctx.in_flight()).await?;
        let mut connection = self.db().read().await?;
        let mut ended = Vec::new();
        for (&id, fresh) in ids.iter().zip(fresh) {
            let row = keys::find(&mut connection, reach.organization(), id).await?.ok_or(Error::NotFound)?;
            let line = self.line(ctx, row)?;
            ended.push(Revoked { reason: line.revoke_reason.unwrap_or(reason), view: line.key, fresh });
        }
        Ok(ended)
    }

    /// Writes the end of a key, with its event.
    pub(crate) async fn mark_revoked(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &KeyRow,
        successor: Option<KeyId>,
        reason: RevokeReason,
        event: Event,
    ) -> Result<()> {
        let audit_n = journal(self, tx, ctx, event).await?;
        let (revoked_at, revoked_by) = (Some(ctx.now.0), Some(ctx.actor.id.0));
        let revoke_reason = Some(reason.as_str().into());
        let rotated_to = successor.map(|key| key.0).or(row.rotated_to);
        let (rank, sole) = (REVOKED, false);
        let ended = KeyRow { audit_n, revoked_at, revoked_by, revoke_reason, rotated_to, rank, sole, ..row.clone() };
        self.save(tx, row, ended).await.map(drop)
    }

    /// Makes a change durable and ends what runs with the keys that it ended. Once begun it goes on to its end, even if
    /// whoever asked is gone.
    pub(crate) async fn commit_and_cancel(&self, tx: Tx, ended: Vec<KeyId>, except: Option<u64>) -> Result<()> {
        let in_flight = self.in_flight().clone();
        let concluding = tokio::spawn(async move {
            let done = tx.commit().await;
            // What only the journal did not take is in the database all the same.
            if matches!(done, Ok(()) | Err(StoreError::Journal(_))) {
                in_flight.end_all(&ended, except).await;
            }
            Ok(done?)
        });
        concluding.await.map_err(|error| Error::Broken(error.to_string()))?
    }

    /// Writes down which keys have ended by themselves, and ends what runs with them. From then on no clock brings them
    /// back.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn expire_keys(&self) -> Result<usize> {
        let mut written = self.write_refused_ends().await;
        let due = keys::organizations_due(&mut self.db().read().await?, self.runtime().now()).await?;
        for organization in due {
            let organization = parse_column(&organization, "api_keys.organization_id")?;
            match self.expire_keys_of(&organization).await {
                Ok(ended) => written += ended,
                // One that cannot be written is no reason to leave the others.
                Err(error) => tracing::error!(%organization, %error, "ends of keys could not be written"),
            }
        }
        Ok(written)
    }

    /// As [`Engine::expire_keys`], for one organization.
    pub(crate) async fn expire_keys_of(&self, organization: &OrganizationId) -> Result<usize> {
        let now = self.runtime().now();
        if keys::due_of(&mut self.db().read().await?, organization, now, 1).await?.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db().begin().await?;
        let ended = self.expire_due_keys(&mut tx, organization).await?;
        let written = ended.len();
        self.commit_and_cancel(tx, ended, None).await?;
        Ok(written)
    }

    /// Writes the ends of one organization that are due; gives the keys.
    pub(crate) async fn expire_due_keys(&self, tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<KeyId>> {
        store::audit::lock_chain_head(tx, organization).await?;
        let now = self.runtime().now();
        let ctx =
            system_ctx(organization, "Roundtable", now, Origin { request_id: "clock".into(), ..Origin::default() });
        let mut ended = Vec::new();
        loop {
            let due = keys::due_of(tx, organization, now, BATCH).await?;
            if due.is_empty() {
                return Ok(ended);
            }
            for id in due {
                let Some(row) = keys::lock(tx, organization, id, true).await? else { continue };
                self.expire_row(tx, &ctx, row).await?;
                ended.push(id);
            }
        }
    }

    pub(super) async fn expire_row(&self, tx: &mut Tx, ctx: &Ctx, row: KeyRow) -> Result<()> {
        let event = Event::new(AuditAction::KeyExpired, "key", row.id, &row.label())
            .concerning(ActorId(row.actor_id))
            .changed("state", Some("active"), Some("expired"))
            .changed("ended_at", None, row.expires_at.map(|at| Moment(at).to_rfc3339()).as_deref());
        let audit_n = journal(self, tx, ctx, event).await?;
        let ended = KeyRow { audit_n, expired_at: row.expires_at, rank: EXPIRED, sole: false, ..row.clone() };
        self.save(tx, &row, ended).await.map(drop)
    }
}

/// The event of a key that someone ends.
pub(crate) fn ending(row: &KeyRow) -> Event {
    Event::new(AuditAction::KeyRevoked, "key", row.id, &row.label()).concerning(ActorId(row.actor_id)).changed(
        "state",
        Some("active"),
        Some("revoked"),
    )
}
