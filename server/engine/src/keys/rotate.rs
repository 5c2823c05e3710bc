//! Replacing a key by a successor (decisions D15, D16).

use domain::command::RotateKey;
use domain::event::{AuditAction, Event};
use domain::key::RevokeReason;
use domain::policy::{Action, permit};
use domain::token::PlainKey;
use domain::view::{OrganizationView, Rotated};
use domain::{ActorId, ActorKind, Code, ConflictReason, KeyId, Moment, Role, SealedCounts};

use super::create::{
    KeyPlan, check_covers, check_expiry, check_ips_of_successor, latest_expiry_by,
    require_fresh_sign_in,
};
use super::idempotency::IdempotencyKey;
use super::{is_calling_key, lock_within_reach};
use crate::audit::journal;
use crate::change::name_or;
use crate::ctx::Ctx;
use crate::error::conflict;
use crate::reauthorize::reauthorize;
use crate::sealed;
use crate::store::actors::{self, ActorRow};
use crate::store::keys::{self, KeyRow};
use crate::store::{self, Tx, parse_column};
use crate::{Engine, Error, Result};

impl Engine {
    /// Replaces a key by a successor. The owner of the key and the admins may. Both keys work
    /// during the grace period; then the old key expires, at the latest when it would have expired
    /// anyway.
    ///
    /// # Errors
    /// `NotFound`; `Denied` or `MissingScope` for a key stronger than the caller; `Conflict` for a
    /// key that has expired, was revoked or has a successor, and, unless confirmed, for one whose
    /// messages would be lost; `FreshSignInRequired` for one with admin power.
    pub async fn rotate_key(
        &self,
        ctx: &Ctx,
        command: RotateKey,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<Rotated> {
        self.rotate(ctx, &command, None, idempotency_key)
            .await
    }

    /// Replaces the key that authenticated the request. Because the request carries the old key,
    /// the successor can be given access to what was sealed to it.
    ///
    /// # Errors
    /// `Denied` unless `command` names the calling key; as [`Engine::rotate_key`].
    pub async fn rotate_calling_key(
        &self,
        ctx: &Ctx,
        key: &PlainKey,
        command: RotateKey,
        carry_over: bool,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<Rotated> {
        if !is_calling_key(ctx, command.key) {
            return Err(Error::Denied);
        }
        let inherited_key = if carry_over { Some(key) } else { None };
        self.rotate(ctx, &command, inherited_key, idempotency_key)
            .await
    }

    async fn rotate(
        &self,
        ctx: &Ctx,
        command: &RotateKey,
        inherited_key: Option<&PlainKey>,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<Rotated> {
        let is_own = is_calling_key(ctx, command.key);
        let action = if is_own {
            Action::RotateItself
        } else {
            Action::RotateKey
        };
        let reach = permit(&ctx.actor, action)?;
        let mut tx = self.db().begin().await?;
        let calling_key = reauthorize(self, &mut tx, ctx).await?;
        match self
            .check_replay(&mut tx, ctx, idempotency_key)
            .await
        {
            Err(replay @ Error::AlreadyDone(_)) => {
                // The answer says that the rotation was made, so the old key must have stopped.
                let old = lock_within_reach(&mut tx, &reach, command.key).await?;
                tx.made_before(self.require_sound_key(old)?.mark());
                tx.commit().await?;
                return Err(replay);
            }
            other => other?,
        }
        let settings = self.settings_of(&mut tx, ctx).await?;
        if !is_own && ctx.by_key() && !settings.keys_make_keys {
            return Err(Error::Denied);
        }

        let old = lock_within_reach(&mut tx, &reach, command.key).await?;
        let old = self.check_replaceable(ctx, old)?;
        let owner = self.lock_owner(&mut tx, ctx, &old).await?;
        let role = effective_role(&old, &owner)?;
        require_fresh_sign_in(ctx, role, old.permissions()?)?;
        check_ips_of_successor(calling_key.as_ref(), &old)?;
        let expires_at = expiry_of_successor(ctx, command, &old, &settings, calling_key.as_ref())?;
        let lost = sealed::count_sealed(&mut tx, reach.organization(), command.key).await?;
        // Only messages ask for a confirmation: others sent them, and the owner may not know of them.
        if lost.messages() > 0 && !command.confirm_message_loss && inherited_key.is_none() {
            return Err(Error::conflict(Code::MessagesWouldBeLost));
        }

        let successor = KeyId(store::meta::next(&mut tx, "key").await?);
        let old_ends_at = self
            .supersede(&mut tx, ctx, &old, successor, command.overlap_seconds)
            .await?;
        let name = name_or(command.name.as_ref(), &old.name);
        let plan = KeyPlan {
            id: Some(successor),
            owner: (ActorId(owner.id), &owner.name),
            name: &name,
            description: old.description.as_deref(),
            kind: old.kind()?,
            permissions: old.permissions()?,
            role,
            expires_at,
            rotated_from: Some(command.key),
            is_exclusive: successor_is_exclusive(&mut tx, ctx, &old, &owner).await?,
            allowed_ips: old.allowed_ips()?,
            api: self.api_of_successor(&mut tx, &old).await?,
        };
        let new = self.insert_key(&mut tx, ctx, plan).await?;

        sealed::reassign_inbox(&mut tx, reach.organization(), command.key, successor).await?;
        if let Some(plain) = inherited_key {
            let public = hex::decode(&new.public_key_hex);
            let public = public.map_err(|error| Error::Broken(error.to_string()))?;
            self.grant_access(
                &mut tx,
                &ctx.actor,
                plain,
                command.key,
                successor,
                &public,
            )
            .await?;
        }
        self.record_request(&mut tx, ctx, idempotency_key, successor)
            .await?;
        tx.commit().await?;
        let orphaned = if inherited_key.is_some() {
            SealedCounts::NONE
        } else {
            lost
        };
        Ok(Rotated {
            new,
            orphaned,
            old_ends_at,
        })
    }

    /// Checks that a key may get a successor, and is no stronger than the caller.
    fn check_replaceable(&self, ctx: &Ctx, old: KeyRow) -> Result<KeyRow> {
        let old = self.require_sound_key(old)?;
        if !old.state(ctx.now).is_active() {
            return Err(conflict(ConflictReason::InactiveKeyIsNotRotated));
        }
        if old.rotated_to.is_some() {
            return Err(conflict(ConflictReason::KeyIsRotated));
        }
        check_covers(&ctx.actor, old.permissions()?)?;
        Ok(old)
    }

    async fn lock_owner(&self, tx: &mut Tx, ctx: &Ctx, old: &KeyRow) -> Result<ActorRow> {
        let owner = actors::lock(tx, &ctx.actor.organization, ActorId(old.actor_id)).await?;
        let owner = owner.ok_or_else(|| Error::Broken(format!("key {} has no owner", old.id)))?;
        self.require_sound_actor(&owner)?;
        if owner.removed_at.is_some() || owner.disabled_at.is_some() {
            return Err(conflict(ConflictReason::OwnerIsInactive));
        }
        if owner.kind == ActorKind::Service.as_str() && owner.id != ctx.actor.id.0 {
            permit(&ctx.actor, Action::ManageServiceAccounts)?;
        }
        if owner.kind == ActorKind::Consumer.as_str() {
            permit(&ctx.actor, Action::ManageConsumers)?;
        }
        // The caller receives the successor, and must not gain power by it.
        if effective_role(old, &owner)? > ctx.actor.role {
            Err(Error::Denied)
        } else {
            Ok(owner)
        }
    }

    /// Revokes the old key, or limits it to the grace period, with its audit event. Gives the
    /// moment from which it is no longer good.
    async fn supersede(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        old: &KeyRow,
        successor: KeyId,
        overlap: i64,
    ) -> Result<Moment> {
        let event = Event::new(AuditAction::KeyRotated, "key", old.id, &old.label())
            .concerning(ActorId(old.actor_id))
            .changed("successor", None, Some(&successor.to_string()));
        if overlap == 0 {
            let event = event.changed("state", Some("active"), Some("revoked"));
            self.mark_revoked(
                tx,
                ctx,
                old,
                Some(successor),
                RevokeReason::Replaced,
                event,
            )
            .await?;
            return Ok(ctx.now);
        }

        let grace_end = ctx.now.plus_seconds(overlap);
        let expires_at = old
            .expires_at
            .map_or(grace_end, |own| grace_end.min(Moment(own)));
        let before = old.expires_at.map(|at| Moment(at).to_rfc3339());
        let event = event.changed(
            "expires_at",
            before.as_deref(),
            Some(&expires_at.to_rfc3339()),
        );
        let audit_n = journal(self, tx, ctx, event).await?;
        let limited = KeyRow {
            audit_n,
            expires_at: Some(expires_at.0),
            rotated_to: Some(successor.0),
            sole: false,
            ..old.clone()
        };
        self.save_key(tx, old, limited).await?;
        Ok(expires_at)
    }
}

/// When the successor expires: as requested, or after the lifetime that the old key had. Never
/// later than the organization allows, nor than the calling key: rotation must not extend a stolen
/// key that expires soon.
fn expiry_of_successor(
    ctx: &Ctx,
    command: &RotateKey,
    old: &KeyRow,
    settings: &OrganizationView,
    calling_key: Option<&KeyRow>,
) -> Result<Option<Moment>> {
    let latest = latest_expiry_by(settings, calling_key, ctx.now);
    if command.expires_at.is_some() {
        check_expiry(command.expires_at, latest)?;
        return Ok(command.expires_at);
    }
    let lifetime = old.expires_at.map(|end| end - old.created_at);
    let same_lifetime = lifetime.map(|millis| Moment(ctx.now.0.saturating_add(millis)));
    Ok(same_lifetime.into_iter().chain(latest).min())
}

/// Whether the owner may have no other usable key. Keys from a time when overlap was allowed do not
/// prevent a rotation.
async fn successor_is_exclusive(
    tx: &mut Tx,
    ctx: &Ctx,
    old: &KeyRow,
    owner: &ActorRow,
) -> Result<bool> {
    let is_limited = owner.kind == ActorKind::Service.as_str() && !owner.allow_overlap;
    if !is_limited || old.api_id.is_some() {
        return Ok(false);
    }
    let organization = &ctx.actor.organization;
    let others = keys::count_usable(tx, organization, ActorId(owner.id), ctx.now).await?;
    Ok(others == 0)
}

/// The effective role of a key: the lower of its cap and its owner's current role (decision D6).
fn effective_role(old: &KeyRow, owner: &ActorRow) -> Result<Role> {
    Ok(parse_column::<Role>(&old.role_cap, "api_keys.role_cap")?.min(owner.actor()?.role))
}
