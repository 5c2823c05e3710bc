//! The stories of a service account (decision D4).

use domain::command::{ChangeServiceAccount, CreateServiceAccount};
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::{Page, ServiceAccount};
use domain::{Actor, ActorId, ActorKind, Fault, FieldFault, Moment, Permissions, Role};

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::keys::page;
use crate::reauthorize::reauthorize;
use crate::store::actors::{self, ActorRow, ServiceRow};
use crate::store::{Tx, keys, meta, parse_column};
use crate::{Engine, Error, Result};

impl Engine {
    /// The organization's service accounts, newest first.
    ///
    /// # Errors
    /// `Denied` for members.
    pub async fn list_service_accounts(
        &self,
        ctx: &Ctx,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Page<ServiceAccount>> {
        let reach = permit(&ctx.actor, Action::ListServiceAccounts)?;
        let mut connection = self.db().read().await?;
        let before = before.unwrap_or(i64::MAX);
        let rows = actors::list_services(&mut connection, reach.organization(), ctx.now, before, limit + 1).await?;
        let rows = page(rows, limit, |row| row.actor.id);
        let views = rows.rows.into_iter().map(ServiceRow::view).collect::<std::result::Result<_, _>>()?;
        Ok(Page { rows: views, next: rows.next })
    }

    /// One service account.
    ///
    /// # Errors
    /// `NotFound` when the organization has no service account of this id; a member is none.
    pub async fn get_service_account(&self, ctx: &Ctx, id: ActorId) -> Result<ServiceAccount> {
        let reach = permit(&ctx.actor, Action::ListServiceAccounts)?;
        let found = actors::find_service(&mut self.db().read().await?, reach.organization(), ctx.now, id).await?;
        Ok(found.ok_or(Error::NotFound)?.view()?)
    }

    /// Makes a service account (RA-17). It has no key yet.
    ///
    /// # Errors
    /// `Denied` for members, `Invalid` for a role above the caller's.
    pub async fn create_service_account(&self, ctx: &Ctx, command: CreateServiceAccount) -> Result<ServiceAccount> {
        permit(&ctx.actor, Action::ManageServiceAccounts)?;
        not_above(ctx, command.role)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let row = self.add_service_account(&mut tx, ctx, command).await?;
        tx.commit().await?;
        Ok(ServiceRow { actor: row, creator_name: Some(ctx.actor.name.clone()), active_keys: 0 }.view()?)
    }

    /// Writes a new service account, with its event.
    pub(crate) async fn add_service_account(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        command: CreateServiceAccount,
    ) -> Result<ActorRow> {
        let actor = Actor {
            id: ActorId(meta::next(tx, "actor").await?),
            kind: ActorKind::Service,
            name: command.name.into(),
            role: command.role,
            permissions: Permissions::Everything,
            ..ctx.actor.clone()
        };
        let event = Event::new(AuditAction::ServiceAccountCreated, "service_account", actor.id, &actor.name)
            .concerning(actor.id)
            .changed("role", None, Some(actor.role.as_str()))
            .changed("allow_overlap", None, Some(yes_or_no(command.allow_overlap)));
        // The row's seal covers the number of its event, so the event comes first.
        let audit_n = journal(self, tx, ctx, event).await?;
        let (created_by, allow_overlap) = (Some(ctx.actor.id.0), command.allow_overlap);
        let row = ActorRow { created_by, allow_overlap, audit_n, ..actors::new_row(&actor, ctx.now) };
        let row = row.sealed(self.ring());
        actors::insert(tx, &row).await?;
        Ok(ActorRow { newest_n: audit_n, ..row })
    }

    /// Renames a service account, gives it another role, disables or enables it, lets it have several keys or not.
    /// Less power cancels the requests that run with its keys (decision D23); what is as asked for stays as it is.
    ///
    /// # Errors
    /// `NotFound` as [`Engine::get_service_account`]; `Denied` for members, and for an account above the caller;
    /// `Invalid` for a role above the caller's.
    pub async fn change_service_account(&self, ctx: &Ctx, command: ChangeServiceAccount) -> Result<ServiceAccount> {
        self.making_room(|| self.try_to_change_service_account(ctx, &command)).await
    }

    async fn try_to_change_service_account(&self, ctx: &Ctx, command: &ChangeServiceAccount) -> Result<ServiceAccount> {
        let reach = permit(&ctx.actor, Action::ManageServiceAccounts)?;
        command.role.map_or(Ok(()), |role| not_above(ctx, role))?;
        let mut tx = self.db().begin_on_reserve().await?;
        // The fence takes the chain's head, so that what is read after it stays as it is until the end.
        reauthorize(self, &mut tx, ctx).await?;
        let found = actors::find_service(&mut tx, reach.organization(), ctx.now, command.actor).await?;
        let found = found.ok_or(Error::NotFound)?;
        let (before, after) = (&found.actor, changed(&found.actor, command, ctx.now));
        let (had, has): (Role, Role) =
            (parse_column(&before.role, "actors.role")?, parse_column(&after.role, "actors.role")?);
        if had > ctx.actor.role {
            return Err(Error::Denied);
        }
        self.sound_actor(before)?;
        let event = change_event(before, &after);
        if event.changes.is_empty() {
            return Ok(found.view()?);
        }
        let weaker = has < had || (before.disabled_at.is_none() && after.disabled_at.is_some());
        let after = ActorRow { audit_n: journal(self, &mut tx, ctx, event).await?, ..after };
        actors::update(&mut tx, &after.clone().sealed(self.ring())).await?;
        let running = keys::live_of(&mut tx, reach.organization(), command.actor).await?;
        self.commit_and_cancel(tx, if weaker { running } else { Vec::new() }, ctx.in_flight()).await?;
        Ok(ServiceRow { actor: after, ..found }.view()?)
    }
}

fn not_above(ctx: &Ctx, role: Role) -> Result<()> {
    if role > ctx.actor.role { Err(vec![FieldFault::new("role", Fault::AboveCaller)].into()) } else { Ok(()) }
}

fn changed(row: &ActorRow, command: &ChangeServiceAccount, now: Moment) -> ActorRow {
    let disabled_at = match command.disabled {
        Some(true) => row.disabled_at.or(Some(now.0)),
        Some(false) => None,
        None => row.disabled_at,
    };
    ActorRow {
        name: command.name.as_ref().map_or_else(|| row.name.clone(), |name| name.as_str().to_owned()),
        role: command.role.map_or_else(|| row.role.clone(), |role| role.as_str().to_owned()),
        disabled_at,
        allow_overlap: command.allow_overlap.unwrap_or(row.allow_overlap),
        ..row.clone()
    }
}

/// The event of a change, with every field that is not as it was.
fn change_event(before: &ActorRow, after: &ActorRow) -> Event {
    let disabled = |row: &ActorRow| yes_or_no(row.disabled_at.is_some());
    let fields = [
        ("name", before.name.as_str(), after.name.as_str()),
        ("role", &before.role, &after.role),
        ("disabled", disabled(before), disabled(after)),
        ("allow_overlap", yes_or_no(before.allow_overlap), yes_or_no(after.allow_overlap)),
    ];
    let event = Event::new(AuditAction::ServiceAccountChanged, "service_account", before.id, &before.name);
    fields
        .into_iter()
        .filter(|(_, was, is)| was != is)
        .fold(event.concerning(ActorId(before.id)), |event, (field, was, is)| event.changed(field, Some(was), Some(is)))
}

const fn yes_or_no(answer: bool) -> &'static str {
    if answer { "true" } else { "false" }
}
