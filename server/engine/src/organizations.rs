//! Creating organizations: the first one, further ones, and those of the demo.

use domain::command::{CreateOrganization, FoundOrganization};
use domain::environment::Environment;
use domain::event::{AuditAction, Event};
use domain::view::NewKey;
use domain::{Actor, ActorId, ActorKind, Code, OrganizationId, Permissions, PersonId, Role};

use crate::audit::journal;
use crate::ctx::{Caller, Credential, Ctx, Origin};
use crate::keys::KeyPlan;
use crate::people::{Identity, normalized_email};
use crate::reauthorize::reauthorize_person;
use crate::store::{Tx, actors, audit, meta, organizations, parse_column, people};
use crate::{Engine, Error, Result};

const FOUNDED: &str = "founded";

impl Engine {
    /// Whether an organization exists.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn is_bootstrapped(&self) -> Result<bool> {
        Ok(organizations::any(&mut self.db().read().await?).await?)
    }

    /// Creates the first organization over the API, with a first key (decision D18). Its owner is
    /// the person who first signs in with the given email, verified.
    ///
    /// # Errors
    /// `Conflict` once an organization exists.
    pub async fn bootstrap(&self, command: &FoundOrganization, origin: Origin) -> Result<NewKey> {
        let mut tx = self.db().begin().await?;
        let ctx = self
            .create_first(&mut tx, command, None, origin)
            .await?;
        let new = self
            .insert_key(
                &mut tx,
                &ctx,
                KeyPlan::unrestricted(&ctx.actor, "bootstrap key"),
            )
            .await?;
        tx.commit().await?;
        Ok(new)
    }

    /// Creates the first organization for a signed-in person, who becomes its owner.
    ///
    /// # Errors
    /// `Conflict` once an organization exists.
    pub async fn bootstrap_as_person(
        &self,
        person: PersonId,
        command: &FoundOrganization,
        origin: Origin,
    ) -> Result<OrganizationId> {
        let mut tx = self.db().begin().await?;
        let ctx = self
            .create_first(&mut tx, command, Some(person), origin)
            .await?;
        tx.commit().await?;
        Ok(ctx.actor.organization.clone())
    }

    /// Creates another organization for a member of an existing one, who becomes its owner. A
    /// person without a membership creates none: signing in alone gives no rights.
    ///
    /// # Errors
    /// `Denied` for a person without any organization.
    pub async fn create_organization(
        &self,
        caller: &Caller,
        command: &CreateOrganization,
        origin: Origin,
    ) -> Result<OrganizationId> {
        let person = caller.person;
        let mut tx = self.db().begin().await?;
        reauthorize_person(self, &mut tx, caller).await?;
        if organizations::of_person(&mut tx, person)
            .await?
            .is_empty()
        {
            return Err(Error::Denied);
        }
        let row = people::get(&mut tx, person)
            .await?
            .ok_or(Error::Denied)?;
        let id = self.organization_id()?;
        let ctx = self
            .create_with_owner(
                &mut tx,
                &id,
                command.name.as_str(),
                (&row.name, Some(person), None),
                origin,
            )
            .await?;
        tx.commit().await?;
        Ok(ctx.actor.organization.clone())
    }

    /// Creates the first organization. Of concurrent requests only one succeeds.
    async fn create_first(
        &self,
        tx: &mut Tx,
        command: &FoundOrganization,
        person: Option<PersonId>,
        origin: Origin,
    ) -> Result<Ctx> {
        let id = self.organization_id()?;
        if organizations::any(tx).await? || !meta::put(tx, FOUNDED, id.as_str()).await? {
            return Err(Error::conflict(Code::AlreadyBootstrapped));
        }
        let claim_email = person.is_none().then(|| command.email.clone());
        let owner = (command.owner.as_str(), person, claim_email);
        self.create_with_owner(tx, &id, command.organization.as_str(), owner, origin)
            .await
    }

    /// Creates an organization with its owner: a person, or an actor that waits for the first
    /// sign-in with an email.
    async fn create_with_owner(
        &self,
        tx: &mut Tx,
        id: &OrganizationId,
        name: &str,
        (owner, person, claim_email): (&str, Option<PersonId>, Option<String>),
        origin: Origin,
    ) -> Result<Ctx> {
        self.add_organization(tx, id, name).await?;
        let owner = self
            .next_actor(tx, id, owner, Role::Owner)
            .await?;
        let row = actors::new_row(&owner, self.runtime().now());
        let row = actors::ActorRow {
            person_id: person.map(|p| p.0),
            claim_email,
            ..row
        };
        actors::insert(tx, &row.sealed(self.ring())).await?;
        let ctx = Ctx::new(
            owner,
            self.runtime().now(),
            origin,
            Credential::System,
        );
        journal(
            self,
            tx,
            &ctx,
            Event::new(
                AuditAction::OrganizationCreated,
                "organization",
                id,
                name,
            ),
        )
        .await?;
        Ok(ctx)
    }

    fn organization_id(&self) -> Result<OrganizationId> {
        Ok(parse_column(
            &self.runtime().random_id(OrganizationId::PREFIX),
            "organizations.id",
        )?)
    }

    async fn add_organization(&self, tx: &mut Tx, id: &OrganizationId, name: &str) -> Result<()> {
        organizations::insert(tx, id, name, self.runtime().now()).await?;
        Ok(audit::start_chain(tx, id).await?)
    }

    pub(crate) async fn next_actor(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        name: &str,
        role: Role,
    ) -> Result<Actor> {
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

/// An organization of the demo.
pub struct DemoOrganization {
    /// Its name.
    pub organization: &'static str,
    /// Its members; the first is its owner.
    pub members: Vec<(Identity, Role)>,
}

impl Engine {
    /// Creates the demo organizations in an empty installation. Does nothing if an organization
    /// exists.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn seed_demo(&self, demo: &[DemoOrganization]) -> Result<()> {
        let mut tx = self.db().begin().await?;
        if organizations::any(&mut tx).await? || !meta::put(&mut tx, FOUNDED, "demo").await? {
            return Ok(());
        }
        let now = self.runtime().now();
        for DemoOrganization {
            organization,
            members,
        } in demo
        {
            let id = self.organization_id()?;
            self.add_organization(&mut tx, &id, organization)
                .await?;
            for (identity, role) in members {
                let name = identity.name.as_deref().unwrap_or("Someone");
                let email = normalized_email(identity);
                let person = people::upsert(
                    &mut tx,
                    &identity.issuer,
                    &identity.subject,
                    name,
                    email.as_deref(),
                    now,
                )
                .await?;
                let actor = self.next_actor(&mut tx, &id, name, *role).await?;
                let row = actors::ActorRow {
                    person_id: Some(person.0),
                    ..actors::new_row(&actor, now)
                };
                let ctx = Ctx::new(
                    actor,
                    now,
                    Origin {
                        request_id: "demo".into(),
                        ..Origin::default()
                    },
                    Credential::System,
                );
                // The row's seal covers the number of its event, so the event is written first.
                let audit_n = journal(
                    self,
                    &mut tx,
                    &ctx,
                    Event::new(
                        AuditAction::MemberJoined,
                        "member",
                        ctx.actor.id,
                        name,
                    ),
                )
                .await?;
                actors::insert(
                    &mut tx,
                    &actors::ActorRow { audit_n, ..row }.sealed(self.ring()),
                )
                .await?;
            }
        }
        Ok(tx.commit().await?)
    }
}
