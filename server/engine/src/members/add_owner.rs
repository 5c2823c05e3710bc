//! Adding an owner from the command line, for an organization that nobody can sign in to as one.

use domain::event::AuditAction;
use domain::{ActorId, OrganizationId, Role, text};

use super::member_event;
use crate::audit::journal;
use crate::ctx::{Ctx, Origin};
use crate::error::invalid;
use crate::store::actors::{self, ActorRow};
use crate::store::{Tx, audit, organizations};
use crate::{Engine, Error, Result};

/// What became of a person who was named as an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddedOwner {
    /// A member is an owner now.
    Promoted(ActorId),
    /// A member was an owner before.
    Unchanged(ActorId),
    /// The first person who signs in with this verified email becomes an owner.
    Awaited(ActorId),
}

impl Engine {
    /// Makes the members with an email owners. If there is none, or with `is_new_identity`, an
    /// owner waits for the next sign-in with this email instead. Each change has its audit event.
    ///
    /// # Errors
    /// `Invalid` for a wrong email, `NotFound` without the organization, `OnHold` if its log was
    /// altered, `Busy`.
    pub async fn add_owner(
        &self,
        organization: &OrganizationId,
        email: &str,
        is_new_identity: bool,
        reason: &str,
    ) -> Result<Vec<AddedOwner>> {
        let email = text::email(email).map_err(|fault| invalid("email", fault))?;
        if organizations::find(&mut self.db().read().await?, organization)
            .await?
            .is_none()
        {
            return Err(Error::NotFound);
        }
        self.check_log_intact(organization)?;

        let mut tx = self.db().begin().await?;
        audit::lock_chain_head(&mut tx, organization).await?;
        let origin = Origin::of_command();
        let now = self.runtime().now();
        let ctx = Ctx::system_in(organization, "The operator", now, origin);
        let mut members = actors::of_email(&mut tx, organization, &email).await?;
        if is_new_identity {
            members.retain(|row| row.person_id.is_none());
        }
        let mut added = Vec::new();
        for row in &members {
            added.push(self.promote(&mut tx, &ctx, row, reason).await?);
        }
        if members.is_empty() {
            added.push(
                self.await_owner(&mut tx, &ctx, &email, reason)
                    .await?,
            );
        }
        tx.commit().await?;
        Ok(added)
    }

    async fn promote(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        before: &ActorRow,
        reason: &str,
    ) -> Result<AddedOwner> {
        self.require_sound_actor(before)?;
        let id = ActorId(before.id);
        if before.role == Role::Owner.as_str() {
            return Ok(AddedOwner::Unchanged(id));
        }
        let event = member_event(AuditAction::MemberRoleChanged, before)
            .changed("role", Some(&before.role), Some(Role::Owner.as_str()))
            .changed("reason", None, Some(reason));
        let after = ActorRow {
            role: Role::Owner.as_str().into(),
            audit_n: journal(self, tx, ctx, event).await?,
            ..before.clone()
        };
        actors::update(tx, &after.sealed(self.ring()), before).await?;
        Ok(AddedOwner::Promoted(id))
    }

    /// Adds an owner who waits for a sign-in with the email.
    async fn await_owner(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        email: &str,
        reason: &str,
    ) -> Result<AddedOwner> {
        let actor = self
            .next_actor(tx, &ctx.actor.organization, email, Role::Owner)
            .await?;
        let row = ActorRow {
            claim_email: Some(email.into()),
            ..actors::new_row(&actor, ctx.now)
        };
        // The row's seal covers the number of its event, so the event is written first.
        let event = member_event(AuditAction::MemberRoleChanged, &row)
            .changed("role", None, Some(Role::Owner.as_str()))
            .changed("reason", None, Some(reason));
        let audit_n = journal(self, tx, ctx, event).await?;
        actors::insert(tx, &ActorRow { audit_n, ..row }.sealed(self.ring())).await?;
        Ok(AddedOwner::Awaited(actor.id))
    }
}
