//! What becomes of the keys of someone who goes: they end, or a service account gets successors of them.

use domain::command::CreateServiceAccount;
use domain::event::{AuditAction, Event};
use domain::key::RevokeReason;
use domain::policy::{Action, Reach, permit};
use domain::view::NewKey;
use domain::{ActorId, ActorKind, Code, ConflictReason, KeyId, Moment, Name, Role};

use super::create::{KeyPlan, covers, fresh_for_power};
use super::{ending, lock, state_of};
use crate::ctx::Ctx;
use crate::reauthorize::conflict;
use crate::store::actors::{self, ActorRow};
use crate::store::keys::{self, KeyRow};
use crate::store::{Tx, meta, parse_column};
use crate::{Engine, Error, Result};

impl Engine {
    /// A key of a member that opens doors, held until the transaction ends.
    pub(crate) async fn live_key_of(&self, tx: &mut Tx, reach: &Reach, owner: ActorId, key: KeyId) -> Result<KeyRow> {
        let row = lock(tx, reach, key).await?;
        let live = state_of(&row, self.runtime().now()).is_active() && row.actor_id == owner.0;
        if live { self.sound(row) } else { Err(Error::NotFound) }
    }

    /// Ends a key because its owner goes.
    pub(crate) async fn end_left_behind(&self, tx: &mut Tx, ctx: &Ctx, row: &KeyRow) -> Result<()> {
        let reason = RevokeReason::PersonLeft;
        self.mark_revoked(tx, ctx, row, None, reason, ending(row).changed("reason", None, Some(reason.as_str()))).await
    }

    /// A service account that takes a key over.
    pub(crate) async fn successor(&self, tx: &mut Tx, ctx: &Ctx, id: ActorId) -> Result<ActorRow> {
        permit(&ctx.actor, Action::ManageServiceAccounts)?;
        let found = actors::lock(tx, &ctx.actor.organization, id).await?;
        let found = found.filter(|row| row.removed_at.is_none() && row.kind == ActorKind::Service.as_str());
        let row = found.ok_or(Error::NotFound)?;
        self.sound_actor(&row)?;
        match row.disabled_at {
            Some(_) => Err(conflict(ConflictReason::ServiceAccountIsDisabled)),
            None => Ok(row),
        }
    }

    /// A new service account for a key, with the key's name and no more power than the key had.
    pub(crate) async fn new_successor(&self, tx: &mut Tx, ctx: &Ctx, row: &KeyRow) -> Result<ActorRow> {
        permit(&ctx.actor, Action::ManageServiceAccounts)?;
        let name = Name::parse(&row.name).map_err(|_| Error::Broken(format!("key {} has no name", row.id)))?;
        let role = self.power_of(tx, row).await?.min(ctx.actor.role).min(Role::Admin);
        self.add_service_account(tx, ctx, CreateServiceAccount { name, role, allow_overlap: false }).await
    }

    /// The role that counts for a key: its cap, or that of its owner if they were lowered since (decision D6).
    async fn power_of(&self, tx: &mut Tx, row: &KeyRow) -> Result<Role> {
        let organization = parse_column(&row.organization_id, "api_keys.organization_id")?;
        let owner = actors::find(tx, &organization, ActorId(row.actor_id)).await?;
        let owner = owner.ok_or_else(|| Error::Broken(format!("key {} has no owner", row.id)))?.actor()?;
        Ok(owner.role.min(parse_column(&row.role_cap, "api_keys.role_cap")?))
    }

    /// Ends a key and makes a successor of the same name, environment, scopes and end that belongs to a service account.
    /// It has no more power than the key, the account and the caller each have, and ends no later than `own_end`, the end
    /// of the key that asks: whoever stole one that ends soon does not make it last by that (B24).
    pub(crate) async fn hand_over(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        old: &KeyRow,
        to: &ActorRow,
        own_end: Option<Moment>,
    ) -> Result<NewKey> {
        covers(&ctx.actor, old.permissions()?)?;
        let owner = to.actor()?;
        let role = self.power_of(tx, old).await?.min(owner.role).min(ctx.actor.role);
        fresh_for_power(ctx, role, old.permissions()?)?;
        let usable = keys::count_usable(tx, &owner.organization, owner.id, ctx.now).await?;
        if usable > 0 && !to.allow_overlap {
            return Err(Error::conflict(Code::ActiveKeyExists));
        }
        let successor = KeyId(meta::next(tx, "key").await?);
        let event = Event::new(AuditAction::KeyRotated, "key", old.id, &old.label())
            .concerning(ActorId(old.actor_id))
            .changed("successor", None, Some(&successor.to_string()))
            .changed("state", Some("active"), Some("revoked"));
        self.mark_revoked(tx, ctx, old, Some(successor), RevokeReason::PersonLeft, event).await?;
        let latest = self.longest(tx, ctx).await?.into_iter().chain(own_end);
        let plan = KeyPlan {
            id: Some(successor),
            kind: old.kind()?,
            permissions: old.permissions()?,
            role,
            expires_at: old.expires_at.map(Moment).into_iter().chain(latest).min(),
            rotated_from: Some(KeyId(old.id)),
            sole: !to.allow_overlap,
            ..KeyPlan::own(&owner, &old.name)
        };
        self.insert_key(tx, ctx, plan).await
    }
}
