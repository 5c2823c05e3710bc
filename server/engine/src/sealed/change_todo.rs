//! Marking a todo as done, or as not done.

use domain::ItemId;
use domain::event::AuditAction;
use domain::policy::{Action, permit};
use domain::view::TodoState;

use super::own_item_event;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::sealed;
use crate::{Engine, Error, Result};

impl Engine {
    /// Marks one of the caller's todos as done, or as not done. It needs no key, because that mark
    /// is not part of what is sealed. A change without an effect leaves no event.
    ///
    /// # Errors
    /// `NotFound` when the caller has no such todo.
    pub async fn change_todo(&self, ctx: &Ctx, id: &ItemId, done: bool) -> Result<TodoState> {
        let reach = permit(&ctx.actor, Action::WriteSealed)?;
        let owner = reach.owner().ok_or(Error::Denied)?;
        let organization = reach.organization();
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let before = sealed::find_done(&mut tx, organization, owner, id)
            .await?
            .ok_or(Error::NotFound)?;
        if before != done && sealed::set_done(&mut tx, organization, owner, id, done).await? {
            let event = own_item_event(AuditAction::TodoChanged, ctx, id).changed(
                "done",
                Some(&before.to_string()),
                Some(&done.to_string()),
            );
            journal(self, &mut tx, ctx, event).await?;
            tx.commit().await?;
        }
        Ok(TodoState {
            id: id.clone(),
            done,
        })
    }
}
