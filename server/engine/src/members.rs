//! Members of an organization (decision D5): one file per operation. Here is what the operations
//! share.

mod add_owner;
mod change;
mod get;
mod leave;
mod list;
mod offboard;

use domain::ConflictReason;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, Reach, may_give, permit};
use domain::view::MemberView;
use domain::{ActorId, ActorKind, Moment, Role};

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::conflict;
use crate::reauthorize::reauthorize;
use crate::store::actors::{self, ActorRow, MemberRow};
use crate::store::keys::KeyRow;
use crate::store::{Tx, parse_column};
use crate::{Engine, Error, Result};

pub use add_owner::AddedOwner;

impl Engine {
    /// A member whom the caller may change, and the row of the calling key. The member stays
    /// unchanged until the transaction ends, because re-authorization locks the head of the audit
    /// chain.
    async fn load_manageable(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        reach: &Reach,
        id: ActorId,
    ) -> Result<(ActorRow, Option<KeyRow>)> {
        let calling_key = reauthorize(self, tx, ctx).await?;
        let found = actors::find(tx, reach.organization(), id).await?;
        let found =
            found.filter(|row| row.removed_at.is_none() && row.kind == ActorKind::Member.as_str());
        let row = found
            .filter(|row| reach.covers(ActorId(row.id)))
            .ok_or(Error::NotFound)?;
        check_may_manage(ctx, row.actor()?.role)?;
        self.require_sound_actor(&row)?;
        Ok((row, calling_key))
    }

    /// Writes the new state of a member, with its audit event.
    ///
    /// # Errors
    /// `Conflict` if the organization would have no owner.
    async fn save_member(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        reach: &Reach,
        (before, after): (&ActorRow, ActorRow),
        event: Event,
    ) -> Result<()> {
        let audit_n = journal(self, tx, ctx, event).await?;
        let after = ActorRow { audit_n, ..after }.sealed(self.ring());
        actors::update(tx, &after, before).await?;
        match actors::count_owners(tx, reach.organization()).await? {
            0 => Err(conflict(ConflictReason::LastOwner)),
            _ => Ok(()),
        }
    }

    /// Marks a member as removed, and revokes the invitations for them and by them.
    async fn mark_removed(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        reach: &Reach,
        before: &ActorRow,
        event: Event,
    ) -> Result<()> {
        let after = ActorRow {
            removed_at: Some(ctx.now.0),
            ..before.clone()
        };
        self.save_member(tx, ctx, reach, (before, after), event)
            .await?;
        self.revoke_invitations_of(tx, ctx, before).await
    }
}

/// Only an owner adds, changes or removes an owner (decision D5): in person and after a fresh
/// sign-in.
fn check_may_manage(ctx: &Ctx, role: Role) -> Result<()> {
    match role {
        Role::Owner if may_give(ctx.actor.role, role) => ctx
            .in_person()
            .and_then(|()| ctx.require_fresh_sign_in()),
        Role::Owner => Err(Error::Denied),
        Role::Admin | Role::Member => Ok(()),
    }
}

/// Giving the admin role needs a fresh sign-in; giving the owner role also needs an owner. A stolen
/// session must not gain lasting access.
pub(crate) fn check_may_grant(ctx: &Ctx, role: Role) -> Result<()> {
    match role {
        Role::Owner => check_may_manage(ctx, role),
        Role::Admin => ctx.require_fresh_sign_in(),
        Role::Member => Ok(()),
    }
}

fn member_event(action: AuditAction, row: &ActorRow) -> Event {
    Event::new(action, "member", row.id, &row.name).concerning(ActorId(row.id))
}

/// What the caller may see of a member.
fn view(ctx: &Ctx, row: MemberRow) -> Result<MemberView> {
    let may_see_emails = permit(&ctx.actor, Action::SeeAddresses).is_ok();
    Ok(MemberView {
        actor_id: ActorId(row.actor.id),
        role: parse_column(&row.actor.role, "actors.role")?,
        joined_at: Moment(row.actor.created_at),
        has_signed_in: row.actor.person_id.is_some(),
        email: row
            .email
            .or(row.actor.claim_email)
            .filter(|_| may_see_emails),
        active_keys: may_see_emails.then_some(row.active_keys),
        name: row.actor.name,
    })
}
