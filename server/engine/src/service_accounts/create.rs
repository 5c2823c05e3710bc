//! Creating a service account.

use domain::command::CreateServiceAccount;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::ServiceAccount;
use domain::{Actor, ActorId, ActorKind, Permissions};

use super::check_not_above;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::actors::{self, ActorRow, CreatedActorRow};
use crate::store::{Tx, meta};
use crate::{Engine, Result};

impl Engine {
    /// Creates a service account without a key.
    ///
    /// # Errors
    /// `Denied` for members, `Invalid` for a role above the caller's.
    pub async fn create_service_account(
        &self,
        ctx: &Ctx,
        command: CreateServiceAccount,
    ) -> Result<ServiceAccount> {
        permit(&ctx.actor, Action::ManageServiceAccounts)?;
        check_not_above(ctx, command.role)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let row = self
            .insert_service_account(&mut tx, ctx, command)
            .await?;
        tx.commit().await?;
        Ok(CreatedActorRow {
            actor: row,
            creator_name: Some(ctx.actor.name.clone()),
            active_keys: 0,
        }
        .service_account()?)
    }

    /// Stores a new service account, with its audit event.
    pub(crate) async fn insert_service_account(
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
            ..Actor::clone(&ctx.actor)
        };
        let event = Event::new(
            AuditAction::ServiceAccountCreated,
            "service_account",
            actor.id,
            &actor.name,
        )
        .concerning(actor.id)
        .changed("role", None, Some(actor.role.as_str()))
        .changed(
            "allow_overlap",
            None,
            Some(&command.allow_overlap.to_string()),
        );
        let allowed_ips = command.allowed_ips.line();
        let event = event.with("allowed_ips", allowed_ips.as_deref());
        // The row's seal covers the number of its event, so the event is written first.
        let audit_n = journal(self, tx, ctx, event).await?;
        let row = ActorRow {
            created_by: Some(ctx.actor.id.0),
            allow_overlap: command.allow_overlap,
            allowed_ips,
            audit_n,
            ..actors::new_row(&actor, ctx.now)
        };
        let row = row.sealed(self.ring());
        actors::insert(tx, &row).await?;
        Ok(ActorRow {
            newest_n: audit_n,
            ..row
        })
    }
}
