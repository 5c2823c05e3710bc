//! The stories of members (decision D5).

mod remove;

use domain::event::{AuditAction, Event};
use domain::policy::{Action, Reach, may_give, permit};
use domain::view::{MemberView, Page};
use domain::{ActorId, ActorKind, Moment, Role};

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::keys::page;
use crate::reauthorize::{conflict, reauthorize};
use crate::store::actors::{self, ActorRow, MemberRow};
use crate::store::keys::{self, KeyRow};
use crate::store::{Tx, parse_column};
use crate::{Engine, Error, Result};

impl Engine {
    /// The organization's members, newest first. Addresses and numbers of keys are for admins and owners.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_members(&self, ctx: &Ctx, before: Option<i64>, limit: i64) -> Result<Page<MemberView>> {
        let reach = permit(&ctx.actor, Action::ListMembers)?;
        let mut connection = self.db().read().await?;
        let before = before.unwrap_or(i64::MAX);
        let rows = actors::list_members(&mut connection, reach.organization(), ctx.now, before, limit + 1).await?;
        let rows = page(rows, limit, |row| row.actor.id);
        let views = rows.rows.into_iter().map(|row| member(ctx, row)).collect::<Result<_>>()?;
        Ok(Page { rows: views, next: rows.next })
    }

    /// One member.
    ///
    /// # Errors
    /// `NotFound` when the organization has no member of this id; a service account is none.
    pub async fn get_member(&self, ctx: &Ctx, id: ActorId) -> Result<MemberView> {
        let reach = permit(&ctx.actor, Action::ListMembers)?;
        let found = actors::find_member(&mut self.db().read().await?, reach.organization(), ctx.now, id).await?;
        member(ctx, found.ok_or(Error::NotFound)?)
    }

    /// How many owners the organization has; it keeps at least one (decision D5).
    ///
    /// # Errors
    /// `Busy`.
    pub async fn count_owners(&self, ctx: &Ctx) -> Result<i64> {
        let reach = permit(&ctx.actor, Action::ListMembers)?;
        Ok(actors::count_owners(&mut self.db().read().await?, reach.organization()).await?)
    }

    /// Gives a member another role. A lower one cancels the requests that run with their keys (decision D23).
    ///
    /// # Errors
    /// `Denied` for members, and for admins and keys where owners are concerned; `FreshSignInRequired` there, and to make
    /// an admin; `NotFound`; `Conflict` for the last owner (decision D5).
    pub async fn change_member(&self, ctx: &Ctx, member: ActorId, role: Role) -> Result<()> {
        self.making_room(|| self.try_to_change_role(ctx, member, role)).await
    }

    async fn try_to_change_role(&self, ctx: &Ctx, member: ActorId, role: Role) -> Result<()> {
        let reach = permit(&ctx.actor, Action::ManageMembers)?;
        may_have_owners(ctx, role)?;
        let mut tx = self.db().begin_on_reserve().await?;
        let (before, _) = self.manageable(&mut tx, ctx, &reach, member).await?;
        let had = before.actor()?.role;
        if had == role {
            return Ok(());
        }
        if role > had {
            may_make(ctx, role)?;
        }
        let after = ActorRow { role: role.as_str().into(), ..before.clone() };
        let event = change_event(AuditAction::MemberRoleChanged, &before).changed(
            "role",
            Some(&before.role),
            Some(&after.role),
        );
        self.keep_member(&mut tx, ctx, &reach, after, event).await?;
        let running = keys::live_of(&mut tx, reach.organization(), member).await?;
        self.commit_and_cancel(tx, if role < had { running } else { Vec::new() }, ctx.in_flight()).await
    }

    /// Leaves the organization, in person. The keys that were made there open no door any more.
    ///
    /// # Errors
    /// `Denied` for a key; `Conflict` for the last owner.
    pub async fn leave_organization(&self, ctx: &Ctx) -> Result<()> {
        self.making_room(|| self.try_to_leave(ctx)).await
    }

    async fn try_to_leave(&self, ctx: &Ctx) -> Result<()> {
        ctx.in_person()?;
        let reach = permit(&ctx.actor, Action::Leave)?;
        let mut tx = self.db().begin_on_reserve().await?;
        let (before, _) = self.manageable(&mut tx, ctx, &reach, ctx.actor.id).await?;
        let event = change_event(AuditAction::MemberLeft, &before).changed("role", Some(&before.role), None);
        self.take_out(&mut tx, ctx, &reach, &before, event).await?;
        let running = keys::live_of(&mut tx, reach.organization(), ctx.actor.id).await?;
        self.commit_and_cancel(tx, running, ctx.in_flight()).await
    }

    /// A member whom the caller may change, as they are until the transaction ends: the fence takes the chain's head. And
    /// the row of the key the request was made with.
    async fn manageable(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        reach: &Reach,
        id: ActorId,
    ) -> Result<(ActorRow, Option<KeyRow>)> {
        let presented = reauthorize(self, tx, ctx).await?;
        let found = actors::find(tx, reach.organization(), id).await?;
        let found = found.filter(|row| row.removed_at.is_none() && row.kind == ActorKind::Member.as_str());
        let row = found.filter(|row| reach.covers(ActorId(row.id))).ok_or(Error::NotFound)?;
        may_have_owners(ctx, row.actor()?.role)?;
        self.sound_actor(&row)?;
        Ok((row, presented))
    }

    /// Writes a member as they are from now on, with the event.
    async fn keep_member(&self, tx: &mut Tx, ctx: &Ctx, reach: &Reach, after: ActorRow, event: Event) -> Result<()> {
        let audit_n = journal(self, tx, ctx, event).await?;
        actors::update(tx, &ActorRow { audit_n, ..after }.sealed(self.ring())).await?;
        match actors::count_owners(tx, reach.organization()).await? {
            0 => Err(conflict("Every organization needs an owner. Make someone else an owner first")),
            _ => Ok(()),
        }
    }

    async fn take_out(&self, tx: &mut Tx, ctx: &Ctx, reach: &Reach, before: &ActorRow, event: Event) -> Result<()> {
        let after = ActorRow { removed_at: Some(ctx.now.0), ..before.clone() };
        self.keep_member(tx, ctx, reach, after, event).await?;
        self.withdraw_invitations_of(tx, ctx, before).await
    }
}

/// Only an owner makes, unmakes or removes an owner (decision D5), in person, and only one who signed in just now.
fn may_have_owners(ctx: &Ctx, role: Role) -> Result<()> {
    match role {
        Role::Owner if may_give(ctx.actor.role, role) => ctx.in_person().and_then(|()| ctx.fresh()),
        Role::Owner => Err(Error::Denied),
        Role::Admin | Role::Member => Ok(()),
    }
}

/// The power of an admin is given only by someone who signed in just now, that of an owner only by an owner (B22).
pub(crate) fn may_make(ctx: &Ctx, role: Role) -> Result<()> {
    match role {
        Role::Owner => may_have_owners(ctx, role),
        Role::Admin => ctx.fresh(),
        Role::Member => Ok(()),
    }
}

fn change_event(what: AuditAction, row: &ActorRow) -> Event {
    Event::new(what, "member", row.id, &row.name).concerning(ActorId(row.id))
}

/// What a reader may see of a member.
fn member(ctx: &Ctx, row: MemberRow) -> Result<MemberView> {
    let full = permit(&ctx.actor, Action::SeeAddresses).is_ok();
    Ok(MemberView {
        actor_id: ActorId(row.actor.id),
        role: parse_column(&row.actor.role, "actors.role")?,
        joined_at: Moment(row.actor.created_at),
        has_signed_in: row.actor.person_id.is_some(),
        email: row.email.or(row.actor.claim_email).filter(|_| full),
        active_keys: full.then_some(row.active_keys),
        name: row.actor.name,
    })
}
