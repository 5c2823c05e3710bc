//! Sending a message.

use domain::command::SealText;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::Sealed;
use domain::{ActorId, ActorKind, ConflictReason, SealedKind};

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::conflict;
use crate::reauthorize::reauthorize;
use crate::store::{actors, sealed};
use crate::{Engine, Error, Result};

impl Engine {
    /// Seals a message to an actor of the caller's organization. The audit log records the sender;
    /// the seal itself does not prove one.
    ///
    /// # Errors
    /// `NotFound` when there is no such actor, `Conflict` when the actor has no key to seal to.
    pub async fn send_message(&self, ctx: &Ctx, to: ActorId, text: SealText) -> Result<Sealed> {
        let reach = permit(&ctx.actor, Action::SendMessage)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let found = actors::find(&mut tx, reach.organization(), to)
            .await?
            // A consumer never reads, and members are not to learn which consumers exist.
            .filter(|row| row.removed_at.is_none() && row.kind != ActorKind::Consumer.as_str());
        let found = found.ok_or(Error::NotFound)?;
        self.require_sound_actor(&found)?;
        let key = sealed::inbox_key(&mut tx, reach.organization(), to, ctx.now)
            .await?
            .ok_or(conflict(ConflictReason::ReceiverWithoutKey))?;
        sealed::set_inbox_key(&mut tx, reach.organization(), to, key).await?;
        let item = self
            .seal(&mut tx, ctx, (to, key), SealedKind::Inbox, text)
            .await?;
        let event = Event::new(
            AuditAction::MessageSent,
            "item",
            &item.id,
            &found.name,
        )
        .concerning(to);
        journal(
            self,
            &mut tx,
            ctx,
            event.changed("key_id", None, Some(&key.to_string())),
        )
        .await?;
        tx.commit().await?;
        Ok(item)
    }
}
