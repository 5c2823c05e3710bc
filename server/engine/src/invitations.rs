//! The stories of an invitation: a link that makes one person a member, once.
//!
//! The link is bound to an address: only whoever signs in with it, verified, may take it up. Only a keyed digest of the
//! token is kept.

use domain::command::InviteMember;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, may_give, permit};
use domain::view::{InvitationView, NewInvitation, Offer, Page, Standing};
use domain::{ActorId, InvitationId, OrganizationId, PersonId};

use crate::audit::journal;
use crate::ctx::{Caller, Credential, Ctx, Origin};
use crate::form_token::{self, FormToken};
use crate::journal::Subject;
use crate::keyring::Purpose;
use crate::keys::page;
use crate::members::may_make;
use crate::reauthorize::{conflict, reauthorize, reauthorize_person};
use crate::store::actors::{self, ActorRow};
use crate::store::invitations::{self, InvitationRow};
use crate::store::people::{self, PersonRow};
use crate::store::{self, Connection, Tx, meta, organizations, parse_column};
use crate::{Engine, Error, Result};

/// An invitation ends by itself after seven days.
pub const INVITATION_SECONDS: i64 = 7 * 86_400;
/// The most invitations that may wait in an organization.
const MOST_PENDING: i64 = 500;

impl Engine {
    /// Invites an address. The token is in the answer and nowhere else; an older invitation of the same address ends.
    ///
    /// # Errors
    /// `Denied` for members, and for admins and keys that invite an owner, or would take the invitation of one back;
    /// `FreshSignInRequired` for an admin or owner; `Conflict` for someone who is a member already, or when too many
    /// invitations wait.
    pub async fn create_invitation(&self, ctx: &Ctx, command: InviteMember) -> Result<NewInvitation> {
        self.create_invitation_once(ctx, command, None).await
    }

    /// As [`Engine::create_invitation`], and only once however often the form is sent: a second invitation would end the
    /// first, whose link was shown.
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
        may_make(ctx, command.role)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        form_token::spend(&mut tx, form, "invite_member", ctx.actor.id.0, ctx.now).await?;
        if actors::is_member(&mut tx, reach.organization(), &command.email).await? {
            return Err(conflict("Someone with this e-mail address is already a member"));
        }
        for row in invitations::pending_about(&mut tx, reach.organization(), &command.email, 0).await? {
            if row.is_open(ctx.now) && !may_give(ctx.actor.role, row.view()?.role) {
                return Err(Error::Denied);
            }
            self.withdraw(&mut tx, ctx, row).await?;
        }
        if invitations::count_pending(&mut tx, reach.organization(), ctx.now).await? >= MOST_PENDING {
            return Err(conflict("Too many invitations are pending. Withdraw some of them first"));
        }
        let token = String::from_utf8_lossy(&self.runtime().base62::<43>()).into_owned();
        let row = self.new_invitation(&mut tx, ctx, &command, &token).await?;
        tx.commit().await?;
        Ok(NewInvitation { view: row.view()?, token })
    }

    /// Invitations that can still be taken up, newest first.
    ///
    /// # Errors
    /// `Denied` for members.
    pub async fn list_invitations(&self, ctx: &Ctx, before: Option<i64>, limit: i64) -> Result<Page<InvitationView>> {
        let reach = permit(&ctx.actor, Action::SeeAddresses)?;
        let mut connection = self.db().read().await?;
        let before = before.unwrap_or(i64::MAX);
        let rows = invitations::pending(&mut connection, reach.organization(), ctx.now, before, limit + 1).await?;
        let rows = page(rows, limit, |row| row.seq);
        let views = rows.rows.iter().map(InvitationRow::view).collect::<std::result::Result<_, _>>()?;
        Ok(Page { rows: views, next: rows.next })
    }

    /// Takes an invitation back. One that has ended already stays as it was.
    ///
    /// # Errors
    /// `Denied` for members, and for admins where an owner is invited; `NotFound`.
    pub async fn revoke_invitation(&self, ctx: &Ctx, id: &InvitationId) -> Result<()> {
        self.making_room(|| self.try_to_revoke_invitation(ctx, id)).await
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
            return Ok(());
        }
        self.withdraw(&mut tx, ctx, row).await?;
        Ok(tx.commit().await?)
    }

    /// What a link offers.
    ///
    /// # Errors
    /// `NotFound` for a token that opens nothing, or nothing any more: which of the two is not said.
    pub async fn get_invitation(&self, token: &str) -> Result<Offer> {
        let mut connection = self.db().read().await?;
        let found = invitations::by_digest(&mut connection, &self.invitation_digest(token)).await?;
        Ok(self.open_invitation(&mut connection, found).await?.offer()?)
    }

    /// What a link offers to a person.
    ///
    /// # Errors
    /// `NotFound` as [`Engine::get_invitation`], but not for a member: whatever became of the link, they are in.
    pub async fn get_invitation_as(&self, person: PersonId, token: &str) -> Result<Standing> {
        let mut connection = self.db().read().await?;
        let found = invitations::by_digest(&mut connection, &self.invitation_digest(token)).await?;
        let offered = found.as_ref().map(InvitationRow::offer).transpose()?.map(|offer| offer.organization);
        let memberships = organizations::of_person(&mut connection, person).await?;
        if let Some(organization) = offered.filter(|id| memberships.iter().any(|one| one.organization == *id)) {
            return Ok(Standing::Member(organization));
        }
        let row = self.open_invitation(&mut connection, found).await?;
        let person = people::get(&mut connection, person).await?.ok_or(Error::Unauthenticated("the person is gone"))?;
        let invited = person.email.as_deref() == Some(row.email.as_str());
        Ok(if invited { Standing::Invited(row.offer()?) } else { Standing::WrongAddress(row.offer()?) })
    }

    /// Makes the person a member, as the link offers. Who was a member before and is one again begins anew: their old
    /// keys stay dead.
    ///
    /// # Errors
    /// `NotFound` as [`Engine::get_invitation`]; `WrongAddress` for a person who did not sign in with the address that
    /// was invited; `Conflict` for one who is a member already.
    pub async fn accept_invitation(&self, caller: &Caller, token: &str, origin: Origin) -> Result<OrganizationId> {
        let digest = self.invitation_digest(token);
        let mut tx = self.db().begin().await?;
        let organization = match invitations::by_digest(&mut tx, &digest).await? {
            Some(row) => row.offer()?.organization,
            None => return Err(Error::NotFound),
        };
        // Read anew behind the chain's head: of two who come at the same time, one finds it open.
        store::audit::lock_chain_head(&mut tx, &organization).await?;
        let found = invitations::by_digest(&mut tx, &digest).await?;
        let row = self.open_invitation(&mut tx, found).await?;
        reauthorize_person(self, &mut tx, caller).await?;
        let person = people::get(&mut tx, caller.person).await?.ok_or(Error::Unauthenticated("the person is gone"))?;
        if person.email.as_deref() != Some(row.email.as_str()) {
            return Err(Error::WrongAddress);
        }
        self.let_go(&mut tx, &organization, PersonId(person.id)).await?;
        self.join(&mut tx, &organization, row, &person, origin).await?;
        tx.commit().await?;
        Ok(organization)
    }

    /// Takes back what waits for someone who is taken out, and what they sent.
    pub(crate) async fn withdraw_invitations_of(&self, tx: &mut Tx, ctx: &Ctx, gone: &ActorRow) -> Result<()> {
        let email = match gone.person_id {
            Some(person) => people::get(tx, PersonId(person)).await?.and_then(|person| person.email),
            None => gone.claim_email.clone(),
        };
        let email = email.unwrap_or_default();
        for row in invitations::pending_about(tx, &ctx.actor.organization, &email, gone.id).await? {
            self.withdraw(tx, ctx, row).await?;
        }
        Ok(())
    }

    async fn new_invitation(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        command: &InviteMember,
        token: &str,
    ) -> Result<InvitationRow> {
        let id = self.runtime().random_id(InvitationId::PREFIX);
        let event = Event::new(AuditAction::MemberInvited, "invitation", &id, &command.email).changed(
            "role",
            None,
            Some(command.role.as_str()),
        );
        // The row's seal covers the number of its event, so the event comes first.
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

    /// The actor of the person's earlier membership keeps its keys, which stay dead, and lets go of the person.
    async fn let_go(&self, tx: &mut Tx, organization: &OrganizationId, person: PersonId) -> Result<()> {
        let Some(before) = actors::of_person(tx, organization, person).await? else { return Ok(()) };
        if before.removed_at.is_none() {
            return Err(conflict("You are a member of this organization already"));
        }
        self.sound_actor(&before)?;
        Ok(actors::update(tx, &ActorRow { person_id: None, ..before }.sealed(self.ring())).await?)
    }

    async fn join(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        row: InvitationRow,
        person: &PersonRow,
        origin: Origin,
    ) -> Result<()> {
        let role = row.view()?.role;
        let actor = self.next_actor(tx, organization, &person.name, role).await?;
        let ctx = Ctx::new(actor, self.runtime().now(), origin, Credential::System);
        self.end_invitation(tx, &ctx, row, AuditAction::InvitationAccepted).await?;
        let joined = Event::new(AuditAction::MemberJoined, "member", ctx.actor.id, &person.name)
            .concerning(ctx.actor.id)
            .changed("role", None, Some(role.as_str()));
        let audit_n = journal(self, tx, &ctx, joined).await?;
        let new = actors::new_row(&ctx.actor, ctx.now);
        let new = ActorRow { person_id: Some(person.id), audit_n, ..new };
        Ok(actors::insert(tx, &new.sealed(self.ring())).await?)
    }

    async fn withdraw(&self, tx: &mut Tx, ctx: &Ctx, row: InvitationRow) -> Result<()> {
        self.end_invitation(tx, ctx, row, AuditAction::InvitationRevoked).await
    }

    /// Ends an invitation, with its event. Its seal is renewed only if it was whole before.
    async fn end_invitation(&self, tx: &mut Tx, ctx: &Ctx, row: InvitationRow, how: AuditAction) -> Result<()> {
        let audit_n = journal(self, tx, ctx, Event::new(how, "invitation", &row.id, &row.email)).await?;
        let sound = row.is_sound(self.ring());
        let ended = InvitationRow { ended_at: Some(ctx.now.0), audit_n, ..row };
        let ended = if sound { ended.sealed(self.ring()) } else { ended };
        if invitations::end(tx, &ended).await? { Ok(()) } else { Err(Error::NotFound) }
    }

    /// An invitation that can be taken up, as it was left: it lives no longer than the power of whoever sent it.
    async fn open_invitation(
        &self,
        connection: &mut Connection,
        found: Option<InvitationRow>,
    ) -> Result<InvitationRow> {
        let row = found.filter(|row| row.is_open(self.runtime().now())).ok_or(Error::NotFound)?;
        if !row.is_sound(self.ring()) || self.journal().is_behind(&Subject::Invitation(row.id.clone()), 0) {
            tracing::error!(
                invitation = row.id,
                organization = row.organization_id,
                "integrity failure: the invitation's row was altered"
            );
            return Err(Error::NotFound);
        }
        let organization = parse_column(&row.organization_id, "invitations.organization_id")?;
        let inviter = actors::find(connection, &organization, ActorId(row.invited_by)).await?;
        let stands =
            |actor: &ActorRow| actor.removed_at.is_none() && actor.disabled_at.is_none() && self.is_sound(actor);
        let inviter = inviter.filter(stands).ok_or(Error::NotFound)?;
        if may_give(inviter.actor()?.role, row.view()?.role) { Ok(row) } else { Err(Error::NotFound) }
    }

    fn invitation_digest(&self, token: &str) -> Vec<u8> {
        self.ring().lookup(Purpose::Session, format!("invitation {token}").as_bytes()).1
    }
}
