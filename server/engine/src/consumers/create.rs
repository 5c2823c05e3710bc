//! Creating a consumer.

use domain::command::CreateConsumer;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::ConsumerView;
use domain::{Actor, ActorId, ActorKind, ConflictReason, Permissions, Role};

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::conflict;
use crate::reauthorize::reauthorize;
use crate::store::actors::{self, ActorRow, CreatedActorRow};
use crate::store::{Tx, meta};
use crate::{Engine, Result};

impl Engine {
    /// Creates a consumer without a key.
    ///
    /// # Errors
    /// `Denied` for members; `Conflict` for an external id that another consumer of the
    /// organization has.
    pub async fn create_consumer(
        &self,
        ctx: &Ctx,
        command: CreateConsumer,
    ) -> Result<ConsumerView> {
        permit(&ctx.actor, Action::ManageConsumers)?;
        let mut tx = self.db().begin().await?;
        // Re-authorization locks the chain's head, so no other request takes the external id.
        reauthorize(self, &mut tx, ctx).await?;
        let organization = &ctx.actor.organization;
        let known = actors::lock_consumer(&mut tx, organization, &command.external_id).await?;
        if known.is_some() {
            return Err(conflict(ConflictReason::ConsumerExists));
        }
        let row = self
            .insert_consumer(&mut tx, ctx, command)
            .await?;
        tx.commit().await?;
        Ok(CreatedActorRow {
            actor: row,
            creator_name: Some(ctx.actor.name.clone()),
            active_keys: 0,
        }
        .consumer()?)
    }

    /// Seals and stores a consumer, with its audit event.
    pub(crate) async fn insert_consumer(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        command: CreateConsumer,
    ) -> Result<ActorRow> {
        let actor = Actor {
            id: ActorId(meta::next(tx, "actor").await?),
            kind: ActorKind::Consumer,
            name: command.name.into(),
            // The lowest role. No key of a consumer is ever admitted to Roundtable.
            role: Role::Member,
            permissions: Permissions::Everything,
            ..Actor::clone(&ctx.actor)
        };
        let metadata = command.metadata.json();
        let event = Event::new(
            AuditAction::ConsumerCreated,
            "consumer",
            actor.id,
            &actor.name,
        )
        .changed(
            "external_id",
            None,
            Some(command.external_id.as_str()),
        )
        .changed("metadata", None, Some(&metadata));
        let allowed_ips = command.allowed_ips.line();
        let event = event.with("allowed_ips", allowed_ips.as_deref());
        // The row's seal covers the number of its event, so the event is written first.
        let audit_n = journal(self, tx, ctx, event).await?;
        let row = ActorRow {
            created_by: Some(ctx.actor.id.0),
            external_id: Some(command.external_id.into()),
            metadata: Some(metadata),
            allowed_ips,
            audit_n,
            ..actors::new_row(&actor, ctx.now)
        };
        let row = row.sealed(self.ring());
        actors::insert(tx, &row).await?;
        Ok(row)
    }
}
