//! Deleting an item.

use domain::event::{AuditAction, Event};
use domain::policy::permit;
use domain::{ItemId, SealedKind};

use super::own_item_event;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::sealed;
use crate::{Engine, Error, Result};

impl Engine {
    /// Deletes one of the caller's items of a kind.
    ///
    /// # Errors
    /// `NotFound` when the caller has no such item of this kind.
    pub async fn delete_item(&self, ctx: &Ctx, kind: SealedKind, id: &ItemId) -> Result<()> {
        let reach = permit(&ctx.actor, kind.deleting())?;
        let owner = reach.owner().ok_or(Error::Denied)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        if !sealed::delete(&mut tx, reach.organization(), owner, kind, id).await? {
            return Err(Error::NotFound);
        }
        journal(self, &mut tx, ctx, deleted(ctx, kind, id)).await?;
        Ok(tx.commit().await?)
    }
}

fn deleted(ctx: &Ctx, kind: SealedKind, id: &ItemId) -> Event {
    match kind {
        SealedKind::Inbox => own_item_event(AuditAction::MessageDeleted, ctx, id),
        SealedKind::Notebook => own_item_event(AuditAction::NoteDeleted, ctx, id),
        SealedKind::Sessions | SealedKind::Todos | SealedKind::Activities => own_item_event(
            AuditAction::ItemDeleted,
            ctx,
            id,
        )
        .changed("kind", Some(kind.as_str()), None),
    }
}
