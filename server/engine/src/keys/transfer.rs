//! The keys of a member who is offboarded: each is revoked, or replaced by a successor that belongs
//! to a service account.

use domain::command::CreateServiceAccount;
use domain::event::{AuditAction, Event};
use domain::key::RevokeReason;
use domain::policy::{Action, Reach, permit};
use domain::token::redacted;
use domain::view::NewKey;
use domain::{ActorId, ActorKind, Code, ConflictReason, IpBlocks, KeyId, Moment, Name, Role};

use super::create::{
    KeyPlan, check_covers, check_ips_of_successor, latest_expiry, require_fresh_sign_in,
};
use super::{lock_within_reach, revoked_event};
use crate::ctx::Ctx;
use crate::error::conflict;
use crate::store::actors::{self, ActorRow};
use crate::store::keys::{self, KeyRow};
use crate::store::{Tx, meta, parse_column};
use crate::{Engine, Error, Result};

impl Engine {
    /// An active key of this owner, locked until the transaction ends.
    pub(crate) async fn lock_active_key_of(
        &self,
        tx: &mut Tx,
        reach: &Reach,
        owner: ActorId,
        key: KeyId,
    ) -> Result<KeyRow> {
        let row = lock_within_reach(tx, reach, key).await?;
        let is_active = row.state(self.runtime().now()).is_active();
        if is_active && row.actor_id == owner.0 {
            self.require_sound_key(row)
        } else {
            Err(Error::NotFound)
        }
    }

    /// Revokes a key because its owner is offboarded.
    pub(crate) async fn revoke_left_behind(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &KeyRow,
    ) -> Result<()> {
        let reason = RevokeReason::PersonLeft;
        let event = revoked_event(row).changed("reason", None, Some(reason.as_str()));
        self.mark_revoked(tx, ctx, row, None, reason, event)
            .await
    }

    /// An existing service account that takes over a key.
    pub(crate) async fn lock_new_owner(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ActorId,
    ) -> Result<ActorRow> {
        permit(&ctx.actor, Action::ManageServiceAccounts)?;
        let found = actors::lock(tx, &ctx.actor.organization, id).await?;
        let found =
            found.filter(|row| row.removed_at.is_none() && row.kind == ActorKind::Service.as_str());
        let row = found.ok_or(Error::NotFound)?;
        self.require_sound_actor(&row)?;
        match row.disabled_at {
            Some(_) => Err(conflict(ConflictReason::ServiceAccountIsDisabled)),
            None => Ok(row),
        }
    }

    /// A new service account that takes over a key, with the key's name and no more power than the
    /// key had.
    pub(crate) async fn create_new_owner(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &KeyRow,
    ) -> Result<ActorRow> {
        permit(&ctx.actor, Action::ManageServiceAccounts)?;
        // A key from before names were checked for keys.
        let name = Name::parse(&redacted(&row.name))
            .map_err(|_| Error::Broken(format!("key {} has no name", row.id)))?;
        let role = self
            .effective_role_of(tx, row)
            .await?
            .min(ctx.actor.role)
            .min(Role::Admin);
        self.insert_service_account(
            tx,
            ctx,
            CreateServiceAccount {
                name,
                role,
                allow_overlap: false,
                allowed_ips: IpBlocks::default(),
            },
        )
        .await
    }

    /// The effective role of a key: the lower of its cap and its owner's current role (decision
    /// D6).
    async fn effective_role_of(&self, tx: &mut Tx, row: &KeyRow) -> Result<Role> {
        let organization = parse_column(&row.organization_id, "api_keys.organization_id")?;
        let owner = actors::find(tx, &organization, ActorId(row.actor_id)).await?;
        let owner = owner
            .ok_or_else(|| Error::Broken(format!("key {} has no owner", row.id)))?
            .actor()?;
        Ok(owner
            .role
            .min(parse_column(&row.role_cap, "api_keys.role_cap")?))
    }

    /// Revokes a key and creates a successor with the same name, description, environment, scopes
    /// and expiry that belongs to a service account. The successor has no more power than the key, the account
    /// and the caller each have. It expires no later than the calling key: a stolen key that
    /// expires soon must not gain a longer life.
    pub(crate) async fn transfer_key(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        old: &KeyRow,
        to: &ActorRow,
        calling_key: Option<&KeyRow>,
    ) -> Result<NewKey> {
        check_covers(&ctx.actor, old.permissions()?)?;
        check_ips_of_successor(calling_key, old)?;
        let owner = to.actor()?;
        let role = self
            .effective_role_of(tx, old)
            .await?
            .min(owner.role)
            .min(ctx.actor.role);
        require_fresh_sign_in(ctx, role, old.permissions()?)?;
        // Keys for an API do not count.
        let is_exclusive = !to.allow_overlap && old.api_id.is_none();
        let usable = keys::count_usable(tx, &owner.organization, owner.id, ctx.now).await?;
        if usable > 0 && is_exclusive {
            return Err(Error::conflict(Code::ActiveKeyExists));
        }

        let successor = KeyId(meta::next(tx, "key").await?);
        let event = Event::new(AuditAction::KeyRotated, "key", old.id, &old.label())
            .concerning(ActorId(old.actor_id))
            .changed("successor", None, Some(&successor.to_string()))
            .changed("state", Some("active"), Some("revoked"));
        self.mark_revoked(
            tx,
            ctx,
            old,
            Some(successor),
            RevokeReason::PersonLeft,
            event,
        )
        .await?;

        let organization_limit = latest_expiry(&self.settings_of(tx, ctx).await?, ctx.now);
        let limits = [
            old.expires_at.map(Moment),
            organization_limit,
            calling_key
                .and_then(|row| row.expires_at)
                .map(Moment),
        ];
        let plan = KeyPlan {
            id: Some(successor),
            description: old.description.as_deref(),
            kind: old.kind()?,
            permissions: old.permissions()?,
            role,
            expires_at: limits.into_iter().flatten().min(),
            rotated_from: Some(KeyId(old.id)),
            is_exclusive,
            allowed_ips: old.allowed_ips()?,
            api: self.api_of_successor(tx, old).await?,
            ..KeyPlan::unrestricted(&owner, &old.name)
        };
        self.insert_key(tx, ctx, plan).await
    }
}
