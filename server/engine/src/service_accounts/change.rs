//! Changing a service account.

use domain::command::ChangeServiceAccount;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::ServiceAccount;
use domain::{ActorId, Moment, Role};

use super::check_not_above;
use crate::audit::journal;
use crate::change::{ips_or, name_or, since};
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::actors::{self, ActorRow, CreatedActorRow};
use crate::store::parse_column;
use crate::{Engine, Error, Result};

impl Engine {
    /// Renames a service account, gives it another role, disables or enables it, or allows it
    /// several keys. Less power cancels the requests that run with its keys (decision D23). A
    /// change without an effect leaves no event.
    ///
    /// # Errors
    /// `NotFound` as [`Engine::get_service_account`]; `Denied` for members, and for an account
    /// above the caller; `Invalid` for a role above the caller's.
    pub async fn change_service_account(
        &self,
        ctx: &Ctx,
        command: ChangeServiceAccount,
    ) -> Result<ServiceAccount> {
        self.retry_with_free_space(|| self.try_to_change_service_account(ctx, &command))
            .await
    }

    async fn try_to_change_service_account(
        &self,
        ctx: &Ctx,
        command: &ChangeServiceAccount,
    ) -> Result<ServiceAccount> {
        let reach = permit(&ctx.actor, Action::ManageServiceAccounts)?;
        if let Some(role) = command.role {
            check_not_above(ctx, role)?;
        }
        let mut tx = self.db().begin_on_reserve().await?;
        // Re-authorization locks the chain's head, so what is read afterwards does not change.
        reauthorize(self, &mut tx, ctx).await?;
        let found =
            actors::find_service(&mut tx, reach.organization(), ctx.now, command.actor).await?;
        let found = found.ok_or(Error::NotFound)?;
        let before = &found.actor;
        let after = changed(before, command, ctx.now);
        let old_role: Role = parse_column(&before.role, "actors.role")?;
        if old_role > ctx.actor.role {
            return Err(Error::Denied);
        }
        self.require_sound_actor(before)?;

        let event = change_event(before, &after);
        if event.changes.is_empty() {
            tx.made_before(before.mark());
            tx.commit().await?;
            return Ok(found.service_account()?);
        }
        let audit_n = journal(self, &mut tx, ctx, event).await?;
        let after = ActorRow { audit_n, ..after };
        actors::update(&mut tx, &after.clone().sealed(self.ring()), before).await?;
        tx.commit().await?;
        Ok(CreatedActorRow {
            actor: after,
            ..found
        }
        .service_account()?)
    }
}

fn changed(row: &ActorRow, command: &ChangeServiceAccount, now: Moment) -> ActorRow {
    ActorRow {
        name: name_or(command.name.as_ref(), &row.name),
        role: command
            .role
            .map_or_else(|| row.role.clone(), |role| role.as_str().to_owned()),
        disabled_at: since(row.disabled_at, command.disabled, now),
        allow_overlap: command.allow_overlap.unwrap_or(row.allow_overlap),
        allowed_ips: ips_or(
            command.allowed_ips.as_ref(),
            row.allowed_ips.as_deref(),
        ),
        ..row.clone()
    }
}

/// The audit event of a change, with every field that differs.
fn change_event(before: &ActorRow, after: &ActorRow) -> Event {
    let fields = |row: &ActorRow| {
        [
            ("name", Some(row.name.clone())),
            ("role", Some(row.role.clone())),
            (
                "disabled",
                Some(row.disabled_at.is_some().to_string()),
            ),
            ("allow_overlap", Some(row.allow_overlap.to_string())),
            ("allowed_ips", row.allowed_ips.clone()),
        ]
    };
    Event::new(
        AuditAction::ServiceAccountChanged,
        "service_account",
        before.id,
        &before.name,
    )
    .concerning(ActorId(before.id))
    .with_differences(fields(before), fields(after))
}
