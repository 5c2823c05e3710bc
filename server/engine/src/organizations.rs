//! The first organization, members as far as the front door needs them, and the demonstration.

use domain::command::FoundOrganization;
use domain::event::{Event, Happening};
use domain::key::Environment;
use domain::policy::{Action, permit};
use domain::view::NewKey;
use domain::{Actor, ActorId, ActorKind, Code, Moment, OrganizationId, Permissions, PersonId, Role};

use crate::audit::journal;
use crate::ctx::{Credential, Ctx, Origin};
use crate::fence::{conflict, fence};
use crate::keys::KeyPlan;
use crate::people::Identity;
use crate::store::{Tx, actors, audit, keys, meta, organizations, people, word};
use crate::{Engine, Error, Result};

const FOUNDED: &str = "founded";

impl Engine {
    /// Whether an organization exists.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn is_founded(&self) -> Result<bool> {
        Ok(organizations::any(&mut self.db().read().await?).await?)
    }

    /// Makes the first organization over the API: an owner who is matched to the e-mail's first verified sign-in,
    /// and a first key (decision D18).
    ///
    /// # Errors
    /// `Conflict` once an organization exists, for ever.
    pub async fn bootstrap(&self, command: &FoundOrganization, origin: Origin) -> Result<NewKey> {
        let mut tx = self.db().begin().await?;
        let ctx = self.found(&mut tx, command, None, origin).await?;
        let new = self.insert_key(&mut tx, &ctx, KeyPlan::own(&ctx.actor, "bootstrap key")).await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Makes the first organization for a person who is signed in; they are its owner.
    ///
    /// # Errors
    /// `Conflict` once an organization exists, for ever.
    pub async fn found_organization(
        &self,
        person: PersonId,
        command: &FoundOrganization,
        origin: Origin,
    ) -> Result<OrganizationId> {
        let mut tx = self.db().begin().await?;
        let ctx = self.found(&mut tx, command, Some(person), origin).await?;
        tx.commit().await?;
        Ok(ctx.actor.organization)
    }

    /// Takes a member out: from now on their keys answer 403 and their sessions reach nothing here.
    ///
    /// # Errors
    /// `Denied`, `NotFound`; `Conflict` for the last owner (decision D5).
    pub async fn remove_member(&self, ctx: &Ctx, member: ActorId) -> Result<()> {
        self.change_member(ctx, member, Happening::MemberRemoved, |row, now| row.removed_at = Some(now.0)).await
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// As [`Engine::remove_member`].
    pub async fn change_role(&self, ctx: &Ctx, member: ActorId, role: Role) -> Result<()> {
        if role == Role::Owner && ctx.actor.role != Role::Owner {
            return Err(Error::Denied);
        }
        self.change_member(ctx, member, Happening::MemberRoleChanged, |row, _| row.role = role.as_str().into()).await
    }

    async fn change_member(
        &self,
        ctx: &Ctx,
        member: ActorId,
        what: Happening,
        change: impl Fn(&mut actors::ActorRow, Moment),
    ) -> Result<()> {
        let reach = permit(&ctx.actor, Action::ManageMembers)?;
        let mut tx = self.db().begin().await?;
        // The fence takes the chain's head, so that what is read after it stays as it is until the end.
        fence(self, &mut tx, ctx).await?;
        let found = actors::find(&mut tx, reach.organization(), member).await?;
        let before = found.filter(|row| row.removed_at.is_none() && row.kind == ActorKind::Member.as_str());
        let before = before.ok_or(Error::NotFound)?;
        if before.role == Role::Owner.as_str() && ctx.actor.role != Role::Owner {
            return Err(Error::Denied);
        }
        self.sound_actor(&before)?;
        let mut after = before.clone();
        change(&mut after, ctx.now);
        let lowered = after.removed_at.is_some() || after.actor()?.role < before.actor()?.role;
        let role = Some(after.role.as_str()).filter(|_| after.removed_at.is_none());
        let event = Event::new(what, "member", before.id, &before.name).concerning(member).changed(
            "role",
            Some(&before.role),
            role,
        );
        after.audit_n = journal(self, &mut tx, ctx, event).await?;
        actors::update(&mut tx, &after.sealed(self.ring())).await?;
        if actors::count_owners(&mut tx, reach.organization()).await? == 0 {
            return Err(conflict("An organization keeps at least one owner"));
        }
        let running = keys::live_of(&mut tx, reach.organization(), member).await?;
        self.conclude(tx, if lowered { running } else { Vec::new() }, ctx.flight()).await
    }

    /// Makes the organization, once: of any number who try at the same time, one succeeds.
    async fn found(
        &self,
        tx: &mut Tx,
        command: &FoundOrganization,
        person: Option<PersonId>,
        origin: Origin,
    ) -> Result<Ctx> {
        let id: OrganizationId = word(&self.outside().word(OrganizationId::PREFIX), "organizations.id")?;
        if organizations::any(tx).await? || !meta::put(tx, FOUNDED, id.as_str()).await? {
            return Err(Error::conflict(Code::AlreadyBootstrapped));
        }
        self.add_organization(tx, &id, command.organization.as_str()).await?;
        let owner = self.next_actor(tx, &id, command.owner.as_str(), Role::Owner).await?;
        let row = actors::new_row(&owner, self.outside().now());
        let claim_email = person.is_none().then(|| command.email.clone());
        let row = actors::ActorRow { person_id: person.map(|p| p.0), claim_email, ..row };
        actors::insert(tx, &row.sealed(self.ring())).await?;
        let ctx = Ctx::new(owner, self.outside().now(), origin, Credential::System);
        let event = Event::new(Happening::OrganizationCreated, "organization", &id, command.organization.as_str());
        journal(self, tx, &ctx, event).await?;
        Ok(ctx)
    }

    async fn add_organization(&self, tx: &mut Tx, id: &OrganizationId, name: &str) -> Result<()> {
        organizations::insert(tx, id, name, self.outside().now()).await?;
        Ok(audit::start_chain(tx, id).await?)
    }

    async fn next_actor(&self, tx: &mut Tx, organization: &OrganizationId, name: &str, role: Role) -> Result<Actor> {
        let id = ActorId(meta::next(tx, "actor").await?);
        Ok(Actor {
            id,
            organization: organization.clone(),
            kind: ActorKind::Member,
            name: name.into(),
            role,
            permissions: Permissions::Everything,
            environment: Environment::Production,
        })
    }
}

/// An organization of a demonstration, and who is in it.
pub struct Cast {
    /// Its name.
    pub organization: &'static str,
    /// Its members; the first is its owner.
    pub members: Vec<(Identity, Role)>,
}

impl Engine {
    /// Fills an empty installation with people to try it with. Does nothing where an organization exists.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn stage_demo(&self, cast: &[Cast]) -> Result<()> {
        let mut tx = self.db().begin().await?;
        if organizations::any(&mut tx).await? || !meta::put(&mut tx, FOUNDED, "demo").await? {
            return Ok(());
        }
        let now = self.outside().now();
        for Cast { organization, members } in cast {
            let id: OrganizationId = word(&self.outside().word(OrganizationId::PREFIX), "organizations.id")?;
            self.add_organization(&mut tx, &id, organization).await?;
            for (identity, role) in members {
                let name = identity.name.as_deref().unwrap_or("Someone");
                let person =
                    people::upsert(&mut tx, &identity.issuer, &identity.subject, name, identity.email.as_deref(), now)
                        .await?;
                let actor = self.next_actor(&mut tx, &id, name, *role).await?;
                let row = actors::ActorRow { person_id: Some(person.0), ..actors::new_row(&actor, now) };
                let ctx =
                    Ctx::new(actor, now, Origin { request_id: "demo".into(), ..Origin::default() }, Credential::System);
                let (what, kind) = (Happening::MemberJoined, "member");
                // The row's seal covers the number of its event, so the event comes first.
                let audit_n = journal(self, &mut tx, &ctx, Event::new(what, kind, ctx.actor.id, name)).await?;
                actors::insert(&mut tx, &actors::ActorRow { audit_n, ..row }.sealed(self.ring())).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
