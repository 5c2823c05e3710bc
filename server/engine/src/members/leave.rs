//! Leaving an organization.

use domain::event::AuditAction;
use domain::policy::{Action, permit};

use super::member_event;
use crate::ctx::Ctx;
use crate::{Engine, Result};

impl Engine {
    /// The caller leaves the organization, in person. The keys that they created there no longer
    /// authenticate.
    ///
    /// # Errors
    /// `Denied` for a key; `Conflict` for the last owner.
    pub async fn leave_organization(&self, ctx: &Ctx) -> Result<()> {
        self.retry_with_free_space(|| self.try_to_leave(ctx))
            .await
    }

    async fn try_to_leave(&self, ctx: &Ctx) -> Result<()> {
        ctx.in_person()?;
        let reach = permit(&ctx.actor, Action::Leave)?;
        let mut tx = self.db().begin_on_reserve().await?;
        let (before, _) = self
            .load_manageable(&mut tx, ctx, &reach, ctx.actor.id)
            .await?;
        let event = member_event(AuditAction::MemberLeft, &before).changed(
            "role",
            Some(&before.role),
            None,
        );
        self.mark_removed(&mut tx, ctx, &reach, &before, event)
            .await?;
        Ok(tx.commit().await?)
    }
}
