//! People: signing in, and acting in an organization.

use std::collections::BTreeSet;

use domain::event::{AuditAction, Event};
use domain::view::Membership;
use domain::{Actor, Moment, Name, OrganizationId, PersonId, text};

use crate::audit::journal;
use crate::ctx::{Caller, Credential, Ctx, Origin};
use crate::store::{Tx, actors, audit, organizations, people};
use crate::{Engine, Error, Result};

/// A person as the identity provider describes them. Issuer and subject identify them; the rest is
/// for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The person's id there.
    pub subject: String,
    /// Their email, only if the provider verified it.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
}

/// A person, for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their verified email.
    pub email: Option<String>,
}

impl Engine {
    /// Finds or creates the person, attaches the actors that wait for their email, and records the
    /// sign-in in each of their organizations.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn sign_in(&self, identity: &Identity, origin: &Origin) -> Result<PersonId> {
        let now = self.runtime().now();
        let name = display_name(identity);
        let email = normalized_email(identity);
        let mut tx = self.db().begin().await?;
        let person = people::upsert(
            &mut tx,
            &identity.issuer,
            &identity.subject,
            &name,
            email.as_deref(),
            now,
        )
        .await?;
        self.lock_chain_heads(&mut tx, person, email.as_deref())
            .await?;
        if let Some(email) = &email {
            for row in actors::waiting_for(&mut tx, email)
                .await?
                .into_iter()
                .filter(|row| self.is_sound(row))
            {
                let organization = row.actor()?.organization;
                let known = actors::of_person(&mut tx, &organization, person).await?;
                // A person has one actor in an organization. A member stays as they are.
                if known.is_some_and(|known| known.removed_at.is_none()) {
                    continue;
                }
                self.detach_former_actor(&mut tx, &organization, person)
                    .await?;
                let before = row.clone();
                let row = actors::ActorRow {
                    person_id: Some(person.0),
                    claim_email: None,
                    name: name.clone(),
                    ..row
                };
                let ctx = Ctx::new(row.actor()?, now, origin.clone(), Credential::System);
                let joined = Event::new(AuditAction::MemberJoined, "member", row.id, &name);
                let audit_n = journal(self, &mut tx, &ctx, joined).await?;
                actors::update(
                    &mut tx,
                    &actors::ActorRow { audit_n, ..row }.sealed(self.ring()),
                    &before,
                )
                .await?;
            }
        }
        let signed_in = |actor: &Actor| {
            Event::new(
                AuditAction::SignedIn,
                "session",
                actor.id,
                &actor.name,
            )
        };
        self.journal_everywhere(&mut tx, person, origin, signed_in)
            .await?;
        tx.commit().await?;
        Ok(person)
    }

    /// Records what a person did in each of their organizations, as their actor there. The heads of
    /// the chains are locked.
    pub(crate) async fn journal_everywhere(
        &self,
        tx: &mut Tx,
        person: PersonId,
        origin: &Origin,
        event: impl Fn(&Actor) -> Event,
    ) -> Result<()> {
        let now = self.runtime().now();
        for membership in organizations::of_person(tx, person).await? {
            let Some(row) = actors::of_person(tx, &membership.organization, person).await? else {
                continue;
            };
            let ctx = Ctx::new(row.actor()?, now, origin.clone(), Credential::System);
            let event = event(ctx.actor());
            journal(self, tx, &ctx, event).await?;
        }
        Ok(())
    }

    /// Locks the person, then the chains of their organizations and of those that wait for their
    /// email. Every transaction locks them in the same order, so that two people who share
    /// organizations cannot deadlock.
    pub(crate) async fn lock_chain_heads(
        &self,
        tx: &mut Tx,
        person: PersonId,
        email: Option<&str>,
    ) -> Result<()> {
        people::lock(tx, person).await?;
        let memberships = organizations::of_person(tx, person).await?;
        let mut touched: BTreeSet<_> = memberships
            .into_iter()
            .map(|membership| membership.organization)
            .collect();
        if let Some(email) = email {
            for row in actors::waiting_for(tx, email).await? {
                touched.insert(row.actor()?.organization);
            }
        }
        for organization in &touched {
            audit::lock_chain_head(tx, organization).await?;
        }
        Ok(())
    }

    /// The person with this id.
    ///
    /// # Errors
    /// `Unauthenticated` when there is none.
    pub async fn get_person(&self, id: PersonId) -> Result<Person> {
        let found = people::get(&mut self.db().read().await?, id).await?;
        let row = found.ok_or(Error::Unauthenticated(
            "the person does not exist any more",
        ))?;
        Ok(Person {
            name: row.name,
            email: row.email,
        })
    }

    /// The organizations a person is a member of.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_organizations(&self, person: PersonId) -> Result<Vec<Membership>> {
        Ok(organizations::of_person(&mut self.db().read().await?, person).await?)
    }

    /// The person of a verified ID token of another issuer.
    ///
    /// # Errors
    /// `Unauthenticated` when no person of that identity has signed in here.
    pub async fn identify_person(
        &self,
        identity: &Identity,
        signed_in_at: Option<Moment>,
    ) -> Result<Caller> {
        let found = people::find(
            &mut self.db().read().await?,
            &identity.issuer,
            &identity.subject,
        )
        .await?;
        let person = PersonId(
            found
                .ok_or(Error::Unauthenticated(
                    "no person of that identity has signed in here",
                ))?
                .id,
        );
        Ok(Caller {
            person,
            credential: Credential::IdToken {
                session: None,
                signed_in_at,
            },
        })
    }

    /// The context of a person who acts in an organization.
    ///
    /// # Errors
    /// `Denied` when they are not a member; whether the organization exists is not disclosed.
    pub async fn enter_organization(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        origin: Origin,
    ) -> Result<Ctx> {
        let read = async || {
            let found = actors::of_person(
                &mut self.db().read().await?,
                organization,
                caller.person,
            )
            .await?;
            let row = found.filter(|row| row.removed_at.is_none());
            if row.is_some() {
                self.check_log_intact(organization)?;
            }
            Ok(row)
        };
        let row = self
            .read_actor(read)
            .await?
            .ok_or(Error::Denied)?;
        Ok(Ctx::new(
            row.actor()?,
            self.runtime().now(),
            origin,
            caller.credential.clone(),
        ))
    }

    /// Checks again that a person is a member with at least the same role, for operations that only
    /// read.
    ///
    /// # Errors
    /// `Denied` when they are not; `Unauthenticated` when their row was altered.
    pub async fn recheck_member(&self, ctx: &Ctx) -> Result<()> {
        let Actor {
            organization, id, ..
        } = &*ctx.actor;
        let read =
            async || Ok(actors::find(&mut self.db().read().await?, organization, *id).await?);
        let row = self
            .read_actor(read)
            .await?
            .filter(|row| row.removed_at.is_none())
            .ok_or(Error::Denied)?;
        if row.actor()?.role < ctx.actor.role {
            Err(Error::Denied)
        } else {
            Ok(())
        }
    }

    /// Remembers the organization that a person works in, for their next sign-in.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn set_active_organization(
        &self,
        person: PersonId,
        organization: &OrganizationId,
    ) -> Result<()> {
        let mut tx = self.db().begin().await?;
        people::set_active(&mut tx, person, organization).await?;
        Ok(tx.commit().await?)
    }

    /// The organization that a person last worked in.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn active_organization(&self, person: PersonId) -> Result<Option<OrganizationId>> {
        Ok(people::active(&mut self.db().read().await?, person).await?)
    }

    /// The context of a person who acts in their only organization.
    ///
    /// # Errors
    /// `Denied` when they are a member of none or of several.
    pub async fn enter_only_organization(&self, caller: &Caller, origin: Origin) -> Result<Ctx> {
        match self
            .list_organizations(caller.person)
            .await?
            .as_slice()
        {
            [only] => {
                self.enter_organization(caller, &only.organization, origin)
                    .await
            }
            _ => Err(Error::Denied),
        }
    }
}

/// The email of a person in its normalized form, in which emails are stored and compared. None if
/// it is not valid.
pub(crate) fn normalized_email(identity: &Identity) -> Option<String> {
    text::email(identity.email.as_deref()?).ok()
}

/// The display name of a person: the provider's name without control characters and cut to length,
/// else the email, else a placeholder.
fn display_name(identity: &Identity) -> String {
    let cleaned = |text: &Option<String>| text.as_deref().and_then(Name::cleaned);
    let name = cleaned(&identity.name).or_else(|| cleaned(&identity.email));
    name.map_or_else(|| "Unnamed person".into(), String::from)
}
