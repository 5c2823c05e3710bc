//! Changing, pausing and resuming a consumer.

use domain::command::ChangeConsumer;
use domain::consumer::Metadata;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::ConsumerView;
use domain::{ActorId, Moment};

use crate::audit::journal;
use crate::change::{ips_or, name_or, since};
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::actors::{self, ActorRow, CreatedActorRow};
use crate::{Engine, Error, Result};

impl Engine {
    /// Renames a consumer, notes something else about it, pauses or resumes it. The keys of a
    /// paused consumer are refused from the answer on. A change without an effect leaves no event.
    ///
    /// # Errors
    /// `NotFound`; `Denied` for members.
    pub async fn change_consumer(
        &self,
        ctx: &Ctx,
        command: ChangeConsumer,
    ) -> Result<ConsumerView> {
        self.retry_with_free_space(|| self.try_to_change_consumer(ctx, &command))
            .await
    }

    async fn try_to_change_consumer(
        &self,
        ctx: &Ctx,
        command: &ChangeConsumer,
    ) -> Result<ConsumerView> {
        let reach = permit(&ctx.actor, Action::ManageConsumers)?;
        let mut tx = self.db().begin_on_reserve().await?;
        // Re-authorization locks the chain's head, so what is read afterwards does not change.
        reauthorize(self, &mut tx, ctx).await?;
        let found =
            actors::find_consumer(&mut tx, reach.organization(), ctx.now, command.actor).await?;
        let found = found.ok_or(Error::NotFound)?;
        let before = &found.actor;
        self.require_sound_actor(before)?;

        let after = changed(before, command, ctx.now);
        let event = change_event(before, &after);
        if event.changes.is_empty() {
            tx.made_before(before.mark());
            tx.commit().await?;
            return Ok(found.consumer()?);
        }
        let audit_n = journal(self, &mut tx, ctx, event).await?;
        let after = ActorRow { audit_n, ..after }.sealed(self.ring());
        actors::update(&mut tx, &after, before).await?;
        tx.commit().await?;
        Ok(CreatedActorRow {
            actor: after,
            ..found
        }
        .consumer()?)
    }
}

fn changed(row: &ActorRow, command: &ChangeConsumer, now: Moment) -> ActorRow {
    ActorRow {
        name: name_or(command.name.as_ref(), &row.name),
        metadata: command
            .metadata
            .as_ref()
            .map(Metadata::json)
            .or_else(|| row.metadata.clone()),
        disabled_at: since(row.disabled_at, command.paused, now),
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
            (
                "metadata",
                Some(row.metadata.clone().unwrap_or_default()),
            ),
            ("paused", Some(row.disabled_at.is_some().to_string())),
            ("allowed_ips", row.allowed_ips.clone()),
        ]
    };
    Event::new(
        AuditAction::ConsumerChanged,
        "consumer",
        ActorId(before.id),
        &before.name,
    )
    .with_differences(fields(before), fields(after))
}
