//! Accepting an invitation.

use domain::event::{AuditAction, Event};
use domain::{ConflictReason, OrganizationId, PersonId};

use crate::audit::journal;
use crate::ctx::{Caller, Credential, Ctx, Origin};
use crate::error::conflict;
use crate::reauthorize::reauthorize_person;
use crate::store::actors::{self, ActorRow};
use crate::store::invitations::InvitationRow;
use crate::store::people::{self, PersonRow};
use crate::store::{self, Tx};
use crate::{Engine, Error, Result};

impl Engine {
    /// Makes the person a member, as the link offers. A former member becomes a new actor: their
    /// old keys stay revoked.
    ///
    /// # Errors
    /// `NotFound` as [`Engine::get_invitation`]; `WrongAddress` for a person who did not sign in
    /// with the invited email; `Conflict` for a person who is already a member.
    pub async fn accept_invitation(
        &self,
        caller: &Caller,
        token: &str,
        origin: Origin,
    ) -> Result<OrganizationId> {
        let mut tx = self.db().begin().await?;
        let organization = match self.find_invitation(&mut tx, token).await? {
            Some(row) => row.offer()?.organization,
            None => return Err(Error::NotFound),
        };

        // Read again after locking the chain's head: of two concurrent requests only one finds the
        // invitation pending.
        store::audit::lock_chain_head(&mut tx, &organization).await?;
        let found = self.find_invitation(&mut tx, token).await?;
        let row = self.require_pending(&mut tx, found).await?;
        reauthorize_person(self, &mut tx, caller).await?;
        let person = people::get(&mut tx, caller.person).await?;
        let person = person.ok_or(Error::Unauthenticated(
            "the person does not exist any more",
        ))?;
        if person.email.as_deref() != Some(row.email.as_str()) {
            return Err(Error::WrongAddress);
        }

        self.detach_former_actor(&mut tx, &organization, PersonId(person.id))
            .await?;
        self.add_member(&mut tx, &organization, row, &person, origin)
            .await?;
        tx.commit().await?;
        Ok(organization)
    }

    /// Detaches the person from the actor of an earlier membership, which keeps its keys.
    pub(crate) async fn detach_former_actor(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        person: PersonId,
    ) -> Result<()> {
        let Some(former) = actors::of_person(tx, organization, person).await? else {
            return Ok(());
        };
        if former.removed_at.is_none() {
            return Err(conflict(ConflictReason::AlreadyMember));
        }
        self.require_sound_actor(&former)?;
        Ok(actors::update(
            tx,
            &ActorRow {
                person_id: None,
                ..former.clone()
            }
            .sealed(self.ring()),
            &former,
        )
        .await?)
    }

    async fn add_member(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        invitation: InvitationRow,
        person: &PersonRow,
        origin: Origin,
    ) -> Result<()> {
        let role = invitation.view()?.role;
        let actor = self
            .next_actor(tx, organization, &person.name, role)
            .await?;
        let ctx = Ctx::new(
            actor,
            self.runtime().now(),
            origin,
            Credential::System,
        );
        self.close_invitation(tx, &ctx, invitation, AuditAction::InvitationAccepted)
            .await?;
        let joined = Event::new(
            AuditAction::MemberJoined,
            "member",
            ctx.actor.id,
            &person.name,
        )
        .concerning(ctx.actor.id)
        .changed("role", None, Some(role.as_str()));
        let audit_n = journal(self, tx, &ctx, joined).await?;
        let new = actors::new_row(&ctx.actor, ctx.now);
        let new = ActorRow {
            person_id: Some(person.id),
            audit_n,
            ..new
        };
        Ok(actors::insert(tx, &new.sealed(self.ring())).await?)
    }
}
