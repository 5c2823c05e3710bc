//! Putting a successor in a key's place (decisions D15, D16).

use domain::command::RotateKey;
use domain::event::{AuditAction, Event};
use domain::key::RevokeReason;
use domain::policy::{Action, permit};
use domain::token::PlainKey;
use domain::view::Rotated;
use domain::{ActorId, ActorKind, Code, KeyId, Moment, Role};

use super::create::{KeyPlan, covers, fresh_for_power, in_time, named};
use super::once::IdempotencyKey;
use super::{is_itself, lock, state_of};
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::{conflict, reauthorize};
use crate::sealed;
use crate::store::actors::{self, ActorRow};
use crate::store::keys::{self, KeyRow};
use crate::store::{self, Tx, parse_column};
use crate::{Engine, Error, Result};

impl Engine {
    /// Puts a successor in the place of a key: its owner's business, and the admins'. Both keys work until the overlap
    /// is over; then the old one ends by itself, never later than it would have anyway.
    ///
    /// # Errors
    /// `NotFound`; `Denied` or `MissingScope` for a key stronger than the caller; `Conflict` for a key that has ended
    /// or has a successor, and, unless that is confirmed, for one that sealed items would be lost with;
    /// `FreshSignInRequired` for one with admin power.
    pub async fn rotate_key(&self, ctx: &Ctx, command: RotateKey, once: Option<&IdempotencyKey>) -> Result<Rotated> {
        self.rotate(ctx, &command, None, once).await
    }

    /// Puts a successor in the place of the very key that the request was made with, at once. Having both keys in hand,
    /// it can hand over what was sealed to the old one.
    ///
    /// # Errors
    /// `Denied` without a key; as [`Engine::rotate_key`].
    pub async fn rotate_calling_key(
        &self,
        ctx: &Ctx,
        key: &PlainKey,
        command: RotateKey,
        carry_over: bool,
        once: Option<&IdempotencyKey>,
    ) -> Result<Rotated> {
        if !is_itself(ctx, command.key) {
            return Err(Error::Denied);
        }
        self.rotate(ctx, &command, carry_over.then_some(key), once).await
    }

    async fn rotate(
        &self,
        ctx: &Ctx,
        command: &RotateKey,
        inherited_key: Option<&PlainKey>,
        once: Option<&IdempotencyKey>,
    ) -> Result<Rotated> {
        let own = is_itself(ctx, command.key);
        let reach = permit(&ctx.actor, if own { Action::RotateItself } else { Action::RotateKey })?;
        let mut tx = self.db().begin().await?;
        let presented = reauthorize(self, &mut tx, ctx).await?;
        self.check_replay(&mut tx, ctx, once).await?;
        if !own && ctx.by_key() && !self.rules_of(&mut tx, ctx).await?.keys_make_keys {
            return Err(Error::Denied);
        }
        let old = self.replaceable(ctx, lock(&mut tx, &reach, command.key).await?)?;
        let owner = self.owner_of(&mut tx, ctx, &old).await?;
        fresh_for_power(ctx, role_of(&old, &owner)?, old.permissions()?)?;
        let end = self.end_of_successor(&mut tx, ctx, command, &old, presented).await?;
        let lost = sealed::count_sealed(&mut tx, reach.organization(), command.key).await?;
        if lost > 0 && !command.confirm_message_loss && inherited_key.is_none() {
            return Err(Error::conflict(Code::MessagesWouldBeLost));
        }
        let successor = KeyId(store::meta::next(&mut tx, "key").await?);
        let old_ends_at = self.supersede(&mut tx, ctx, &old, successor, command.overlap_seconds).await?;
        let name = named(command.name.as_ref(), &old.name);
        let one_only = owner.kind == ActorKind::Service.as_str() && !owner.allow_overlap;
        // Where overlap was allowed once, others may still be there; they are no reason not to rotate.
        let alone = keys::count_usable(&mut tx, reach.organization(), ActorId(owner.id), ctx.now).await? == 0;
        let plan = KeyPlan {
            id: Some(successor),
            owner: (ActorId(owner.id), &owner.name),
            name: &name,
            kind: old.kind()?,
            permissions: old.permissions()?,
            role: role_of(&old, &owner)?,
            expires_at: end,
            rotated_from: Some(command.key),
            sole: one_only && alone,
        };
        let new = self.insert_key(&mut tx, ctx, plan).await?;
        sealed::pass_inbox(&mut tx, reach.organization(), command.key, successor).await?;
        if let Some(plain) = inherited_key {
            let public = hex::decode(&new.public_key_hex).map_err(|e| Error::Broken(e.to_string()))?;
            self.grant_access(&mut tx, &ctx.actor, plain, command.key, successor, &public).await?;
        }
        self.done(&mut tx, ctx, once, successor).await?;
        let ended = if command.overlap_seconds == 0 { vec![command.key] } else { Vec::new() };
        self.commit_and_cancel(tx, ended, ctx.in_flight()).await?;
        let messages_orphaned = if inherited_key.is_some() { 0 } else { lost };
        Ok(Rotated { new, messages_orphaned, old_ends_at })
    }

    /// A key that may have a successor, and that the caller is no weaker than.
    fn replaceable(&self, ctx: &Ctx, old: KeyRow) -> Result<KeyRow> {
        let old = self.sound(old)?;
        if !state_of(&old, ctx.now).is_active() {
            return Err(conflict("This key has expired or was revoked. Create a new key instead"));
        }
        if old.rotated_to.is_some() {
            return Err(conflict("This key was already rotated. Rotate its replacement instead"));
        }
        covers(&ctx.actor, old.permissions()?)?;
        Ok(old)
    }

    async fn owner_of(&self, tx: &mut Tx, ctx: &Ctx, old: &KeyRow) -> Result<ActorRow> {
        let owner = actors::lock(tx, &ctx.actor.organization, ActorId(old.actor_id)).await?;
        let owner = owner.ok_or_else(|| Error::Broken(format!("key {} has no owner", old.id)))?;
        self.sound_actor(&owner)?;
        if owner.removed_at.is_some() || owner.disabled_at.is_some() {
            return Err(conflict("The owner of this key was removed or is disabled"));
        }
        if owner.kind == ActorKind::Service.as_str() && owner.id != ctx.actor.id.0 {
            permit(&ctx.actor, Action::ManageServiceAccounts)?;
        }
        // Whoever gets the successor in hand must not get more power with it than they have.
        if role_of(old, &owner)? > ctx.actor.role { Err(Error::Denied) } else { Ok(owner) }
    }

    /// When the successor ends: as asked, else as long after now as the old key's end was after its making; no later
    /// than the organization allows, nor than the key that asks: whoever stole a key that ends soon does not make it
    /// last by rotating it.
    async fn end_of_successor(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        command: &RotateKey,
        old: &KeyRow,
        presented: Option<KeyRow>,
    ) -> Result<Option<Moment>> {
        let own_end = presented.and_then(|row| row.expires_at).map(Moment);
        let latest = self.longest(tx, ctx).await?.into_iter().chain(own_end).min();
        if command.expires_at.is_some() {
            in_time(command.expires_at, latest)?;
            return Ok(command.expires_at);
        }
        let lifetime = old.expires_at.map(|end| end - old.created_at);
        let carried = lifetime.map(|millis| Moment(ctx.now.0.saturating_add(millis)));
        Ok(carried.into_iter().chain(latest).min())
    }

    /// Ends the old key, now or when the overlap is over, with its event. Says when that is.
    async fn supersede(&self, tx: &mut Tx, ctx: &Ctx, old: &KeyRow, successor: KeyId, overlap: i64) -> Result<Moment> {
        let event = Event::new(AuditAction::KeyRotated, "key", old.id, &old.label())
            .concerning(ActorId(old.actor_id))
            .changed("successor", None, Some(&successor.to_string()));
        if overlap == 0 {
            let event = event.changed("state", Some("active"), Some("revoked"));
            self.mark_revoked(tx, ctx, old, Some(successor), RevokeReason::Replaced, event).await?;
            return Ok(ctx.now);
        }
        let end = ctx.now.plus_seconds(overlap);
        let end = old.expires_at.map_or(end, |own| end.min(Moment(own)));
        let before = old.expires_at.map(|at| Moment(at).to_rfc3339());
        let event = event.changed("expires_at", before.as_deref(), Some(&end.to_rfc3339()));
        let audit_n = journal(self, tx, ctx, event).await?;
        let (expires_at, rotated_to) = (Some(end.0), Some(successor.0));
        self.save(tx, old, KeyRow { audit_n, expires_at, rotated_to, sole: false, ..old.clone() }).await?;
        Ok(end)
    }
}

/// The power of a key: the lower of its cap and its owner's role now (decision D6).
fn role_of(old: &KeyRow, owner: &ActorRow) -> Result<Role> {
    Ok(parse_column::<Role>(&old.role_cap, "api_keys.role_cap")?.min(owner.actor()?.role))
}
