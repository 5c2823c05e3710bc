//! Inviting a person.

use domain::ConflictReason;
use domain::InvitationId;
use domain::command::InviteMember;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, may_give, permit};
use domain::view::NewInvitation;

use super::INVITATION_SECONDS;
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::conflict;
use crate::form_token::{self, FormToken};
use crate::members::check_may_grant;
use crate::reauthorize::reauthorize;
use crate::store::invitations::{self, InvitationRow};
use crate::store::{Tx, actors, meta};
use crate::{Engine, Error, Result};

/// Invitations that may be pending in an organization.
const MAX_PENDING: i64 = 500;

impl Engine {
    /// Invites an email. Only the response contains the token. An earlier invitation for the same
    /// email is revoked.
    ///
    /// # Errors
    /// `Denied` for members, and for admins and keys that invite an owner or would revoke the
    /// invitation of one; `FreshSignInRequired` for an admin or owner; `Conflict` for someone who
    /// is already a member, or when too many invitations are pending.
    pub async fn create_invitation(
        &self,
        ctx: &Ctx,
        command: InviteMember,
    ) -> Result<NewInvitation> {
        self.create_invitation_once(ctx, command, None)
            .await
    }

    /// As [`Engine::create_invitation`], and only once if the form is sent again: a second
    /// invitation would revoke the first, whose link was shown.
    ///
    /// # Errors
    /// As [`Engine::create_invitation`]; `Repeated`.
    pub async fn create_invitation_once(
        &self,
        ctx: &Ctx,
        command: InviteMember,
        form: Option<&FormToken>,
    ) -> Result<NewInvitation> {
        let reach = permit(&ctx.actor, Action::ManageMembers)?;
        check_may_grant(ctx, command.role)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        form_token::spend(
            &mut tx,
            form,
            "invite_member",
            ctx.actor.id.0,
            ctx.now,
        )
        .await?;
        if actors::is_member(&mut tx, reach.organization(), &command.email).await? {
            return Err(conflict(ConflictReason::EmailIsMember));
        }

        for row in invitations::unanswered(&mut tx, reach.organization(), &command.email, 0).await?
        {
            if row.is_pending(ctx.now) && !may_give(ctx.actor.role, row.view()?.role) {
                return Err(Error::Denied);
            }
            self.close_invitation(&mut tx, ctx, row, AuditAction::InvitationRevoked)
                .await?;
        }
        if invitations::count_pending(&mut tx, reach.organization(), ctx.now).await? >= MAX_PENDING
        {
            return Err(conflict(ConflictReason::TooManyInvitations));
        }

        let token = self.runtime().base62_text::<43>();
        let row = self
            .insert_invitation(&mut tx, ctx, &command, &token)
            .await?;
        tx.commit().await?;
        Ok(NewInvitation {
            view: row.view()?,
            token,
        })
    }

    async fn insert_invitation(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        command: &InviteMember,
        token: &str,
    ) -> Result<InvitationRow> {
        let id = self.runtime().random_id(InvitationId::PREFIX);
        let event = Event::new(
            AuditAction::MemberInvited,
            "invitation",
            &id,
            &command.email,
        )
        .changed("role", None, Some(command.role.as_str()));
        // The row's seal covers the number of its event, so the event is written first.
        let audit_n = journal(self, tx, ctx, event).await?;
        let row = InvitationRow {
            id,
            organization_id: ctx.actor.organization.to_string(),
            seq: meta::next(tx, "invitation").await?,
            email: command.email.clone(),
            role: command.role.as_str().into(),
            digest: self.invitation_digest(token),
            invited_by: ctx.actor.id.0,
            created_at: ctx.now.0,
            expires_at: ctx.now.plus_seconds(INVITATION_SECONDS).0,
            ended_at: None,
            audit_n,
            row_mac: Vec::new(),
            newest_n: audit_n,
            inviter: ctx.actor.name.clone(),
            inviter_email: None,
            organization_name: String::new(),
        };
        let row = row.sealed(self.ring());
        invitations::insert(tx, &row).await?;
        Ok(row)
    }
}
