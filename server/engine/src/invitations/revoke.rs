//! Revoking invitations.

use domain::event::AuditAction;
use domain::policy::{Action, may_give, permit};
use domain::{InvitationId, PersonId};

use crate::ctx::Ctx;
use crate::journal::{Mark, Subject};
use crate::reauthorize::reauthorize;
use crate::store::actors::ActorRow;
use crate::store::{Tx, invitations, people};
use crate::{Engine, Error, Result};

impl Engine {
    /// Revokes an invitation. One that was accepted or revoked before is left unchanged.
    ///
    /// # Errors
    /// `Denied` for members, and for admins when an owner is invited; `NotFound`.
    pub async fn revoke_invitation(&self, ctx: &Ctx, id: &InvitationId) -> Result<()> {
        self.retry_with_free_space(|| self.try_to_revoke_invitation(ctx, id))
            .await
    }

    async fn try_to_revoke_invitation(&self, ctx: &Ctx, id: &InvitationId) -> Result<()> {
        let reach = permit(&ctx.actor, Action::ManageMembers)?;
        let mut tx = self.db().begin_on_reserve().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let found = invitations::find(&mut tx, reach.organization(), id.as_str()).await?;
        let row = found.ok_or(Error::NotFound)?;
        if !may_give(ctx.actor.role, row.view()?.role) {
            return Err(Error::Denied);
        }
        if row.ended_at.is_some() {
            tx.made_before(Mark::revoked(Subject::Invitation(row.id)));
            return Ok(tx.commit().await?);
        }
        self.close_invitation(&mut tx, ctx, row, AuditAction::InvitationRevoked)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Revokes the invitations for a member who is removed, and those that the member sent.
    pub(crate) async fn revoke_invitations_of(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        removed: &ActorRow,
    ) -> Result<()> {
        let email = match removed.person_id {
            Some(person) => people::get(tx, PersonId(person))
                .await?
                .and_then(|person| person.email),
            None => removed.claim_email.clone(),
        };
        let email = email.unwrap_or_default();
        for row in invitations::unanswered(tx, &ctx.actor.organization, &email, removed.id).await? {
            self.close_invitation(tx, ctx, row, AuditAction::InvitationRevoked)
                .await?;
        }
        Ok(())
    }
}
