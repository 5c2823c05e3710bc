//! Revoking keys. The commit cancels the requests that run with them, on every node.

use std::collections::BTreeSet;

use domain::command::RevokeKey;
use domain::event::{AuditAction, Event};
use domain::key::RevokeReason;
use domain::policy::{Action, permit};
use domain::view::Revoked;
use domain::{ActorId, KeyId};

use super::{is_calling_key, lock_within_reach};
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::Tx;
use crate::store::keys::{self, KeyRow, REVOKED};
use crate::{Engine, Error, Result};

impl Engine {
    /// Revokes a key for good, and cancels every request that runs with it. A key that was revoked
    /// before is left unchanged.
    ///
    /// # Errors
    /// `NotFound` when the organization has no such key, `Denied` for another actor's key unless
    /// the caller is an admin.
    pub async fn revoke_key(&self, ctx: &Ctx, command: RevokeKey) -> Result<Revoked> {
        let mut revoked = self
            .revoke_keys(ctx, &[command.key], command.reason)
            .await?;
        revoked.pop().ok_or(Error::NotFound)
    }

    /// Revokes several keys, all or none of them.
    ///
    /// # Errors
    /// As [`Engine::revoke_key`], for any of them; `FreshSignInRequired` for more than one, which a
    /// stolen session could use to stop an organization's work.
    pub async fn revoke_keys(
        &self,
        ctx: &Ctx,
        ids: &[KeyId],
        reason: RevokeReason,
    ) -> Result<Vec<Revoked>> {
        self.retry_with_free_space(|| self.try_to_revoke(ctx, ids, reason))
            .await
    }

    async fn try_to_revoke(
        &self,
        ctx: &Ctx,
        ids: &[KeyId],
        reason: RevokeReason,
    ) -> Result<Vec<Revoked>> {
        let only_calling_key = ids.iter().all(|id| is_calling_key(ctx, *id));
        let action = if only_calling_key {
            Action::RevokeItself
        } else {
            Action::RevokeKey
        };
        let reach = permit(&ctx.actor, action)?;
        let mut tx = self.db().begin_on_reserve().await?;
        reauthorize(self, &mut tx, ctx).await?;
        // Every transaction locks keys in the order of their ids, so that two of them cannot
        // deadlock.
        let ids: Vec<_> = ids
            .iter()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if ids.len() > 1 {
            ctx.require_fresh_sign_in()?;
        }

        let mut fresh = Vec::new();
        for &id in &ids {
            let row = lock_within_reach(&mut tx, &reach, id).await?;
            let is_unrevoked = row.revoked_at.is_none();
            if is_unrevoked {
                let event = revoked_event(&row).changed("reason", None, Some(reason.as_str()));
                self.mark_revoked(&mut tx, ctx, &row, None, reason, event)
                    .await?;
            } else {
                // The answer means the same as the first one: no node lets the key pass.
                tx.made_before(row.mark());
            }
            fresh.push(is_unrevoked);
        }
        let stopped = tx.commit_and_stop().await?;

        let mut connection = self.db().read().await?;
        let mut revoked = Vec::new();
        for (&id, fresh) in ids.iter().zip(fresh) {
            let row = keys::find(&mut connection, reach.organization(), id)
                .await?
                .ok_or(Error::NotFound)?;
            let line = self.key_line(ctx, row)?;
            revoked.push(Revoked {
                reason: line.revoke_reason.unwrap_or(reason),
                view: line.key,
                fresh,
                stopped,
            });
        }
        Ok(revoked)
    }

    /// Marks a key as revoked, with its audit event.
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
        let revoked = KeyRow {
            audit_n,
            revoked_at: Some(ctx.now.0),
            revoked_by: Some(ctx.actor.id.0),
            revoke_reason: Some(reason.as_str().into()),
            rotated_to: successor.map(|key| key.0).or(row.rotated_to),
            rank: REVOKED,
            sole: false,
            ..row.clone()
        };
        self.save_key(tx, row, revoked).await.map(drop)
    }
}

/// The audit event of a key that an actor revokes.
pub(crate) fn revoked_event(row: &KeyRow) -> Event {
    Event::new(AuditAction::KeyRevoked, "key", row.id, &row.label())
        .concerning(ActorId(row.actor_id))
        .changed("state", Some("active"), Some("revoked"))
}
