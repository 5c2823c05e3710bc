//! Writing an item of one's own.

use domain::command::SealText;
use domain::event::{AuditAction, Event};
use domain::policy::permit;
use domain::view::Sealed;
use domain::{ConflictReason, ItemId, KeyId, SealedKind};

use super::own_item_event;
use crate::audit::journal;
use crate::ctx::{Credential, Ctx};
use crate::error::conflict;
use crate::reauthorize::reauthorize;
use crate::{Engine, Error, Result};

impl Engine {
    /// Seals an item of the caller to the calling key. A message is sealed as a message to oneself.
    ///
    /// # Errors
    /// `Denied` without a key, `Conflict` for a key that has a successor; for a message as
    /// [`Engine::send_message`].
    pub async fn write_item(&self, ctx: &Ctx, kind: SealedKind, text: SealText) -> Result<Sealed> {
        permit(&ctx.actor, kind.writing())?;
        let Credential::Key { id: key, .. } = ctx.credential else {
            return Err(Error::Denied);
        };
        if kind == SealedKind::Inbox {
            return self.send_message(ctx, ctx.actor.id, text).await;
        }
        let mut tx = self.db().begin().await?;
        let row = reauthorize(self, &mut tx, ctx).await?;
        if row.is_some_and(|row| row.rotated_to.is_some()) {
            return Err(conflict(ConflictReason::KeyIsReplaced));
        }
        let item = self
            .seal(&mut tx, ctx, (ctx.actor.id, key), kind, text)
            .await?;
        journal(self, &mut tx, ctx, written(ctx, kind, &item.id, key)).await?;
        tx.commit().await?;
        Ok(item)
    }
}

fn written(ctx: &Ctx, kind: SealedKind, id: &ItemId, key: KeyId) -> Event {
    let event = if kind == SealedKind::Notebook {
        own_item_event(AuditAction::NoteWritten, ctx, id)
    } else {
        own_item_event(AuditAction::ItemWritten, ctx, id).changed("kind", None, Some(kind.as_str()))
    };
    event.changed("key_id", None, Some(&key.to_string()))
}
