//! Who a person is, and as whom they act.

use std::collections::BTreeSet;

use domain::event::{AuditAction, Event};
use domain::view::Membership;
use domain::{Actor, Moment, Name, OrganizationId, PersonId, text};

use crate::audit::journal;
use crate::ctx::{Caller, Credential, Ctx, Origin};
use crate::store::{Tx, actors, audit, organizations, people};
use crate::{Engine, Error, Result};

/// A person as a provider vouches for them: issuer and subject are who they are, the rest is how to address them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The person's id there.
    pub subject: String,
    /// Their e-mail, only if the provider verified it.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
}

/// A person, to be greeted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their verified e-mail.
    pub email: Option<String>,
}

impl Engine {
    /// Recognizes the person, takes up what waits for their e-mail, and notes the sign-in in every organization of
    /// theirs.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn sign_in(&self, identity: &Identity, origin: &Origin) -> Result<PersonId> {
        let now = self.runtime().now();
        let (name, email) = (shown_name(identity), address(identity));
        let mut tx = self.db().begin().await?;
        let person = people::upsert(&mut tx, &identity.issuer, &identity.subject, &name, email.as_deref(), now).await?;
        self.lock_chain_heads(&mut tx, person, email.as_deref()).await?;
        if let Some(email) = &email {
            for row in actors::waiting_for(&mut tx, email).await?.into_iter().filter(|row| self.is_sound(row)) {
                let row = actors::ActorRow { person_id: Some(person.0), claim_email: None, name: name.clone(), ..row };
                let ctx = Ctx::new(row.actor()?, now, origin.clone(), Credential::System);
                let joined = Event::new(AuditAction::MemberJoined, "member", row.id, &name);
                let audit_n = journal(self, &mut tx, &ctx, joined).await?;
                actors::update(&mut tx, &actors::ActorRow { audit_n, ..row }.sealed(self.ring())).await?;
            }
        }
        let signed_in = |actor: &Actor| Event::new(AuditAction::SignedIn, "session", actor.id, &actor.name);
        self.journal_everywhere(&mut tx, person, origin, signed_in).await?;
        tx.commit().await?;
        Ok(person)
    }

    /// Notes what a person did in every organization of theirs, as who they are there. The heads of the chains are held.
    pub(crate) async fn journal_everywhere(
        &self,
        tx: &mut Tx,
        person: PersonId,
        origin: &Origin,
        event: impl Fn(&Actor) -> Event,
    ) -> Result<()> {
        let now = self.runtime().now();
        for membership in organizations::of_person(tx, person).await? {
            let Some(row) = actors::of_person(tx, &membership.organization, person).await? else { continue };
            let ctx = Ctx::new(row.actor()?, now, origin.clone(), Credential::System);
            let event = event(ctx.actor());
            journal(self, tx, &ctx, event).await?;
        }
        Ok(())
    }

    /// Takes the person, then the chains of their organizations, and of those that wait for their e-mail, in one order
    /// for everybody: two people who share organizations do not wait for each other in a circle.
    pub(crate) async fn lock_chain_heads(&self, tx: &mut Tx, person: PersonId, email: Option<&str>) -> Result<()> {
        people::lock(tx, person).await?;
        let memberships = organizations::of_person(tx, person).await?;
        let mut touched: BTreeSet<_> = memberships.into_iter().map(|membership| membership.organization).collect();
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
        let row = found.ok_or(Error::Unauthenticated("the person is gone"))?;
        Ok(Person { name: row.name, email: row.email })
    }

    /// The organizations a person is a member of.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_organizations(&self, person: PersonId) -> Result<Vec<Membership>> {
        Ok(organizations::of_person(&mut self.db().read().await?, person).await?)
    }

    /// The person of a checked ID token of another issuer, not yet in an organization.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody of that identity ever signed in.
    pub async fn identify_person(&self, identity: &Identity, signed_in_at: Option<Moment>) -> Result<Caller> {
        let found = people::find(&mut self.db().read().await?, &identity.issuer, &identity.subject).await?;
        let person = PersonId(found.ok_or(Error::Unauthenticated("nobody of that identity ever signed in"))?.id);
        Ok(Caller { person, credential: Credential::IdToken { session: None, signed_in_at } })
    }

    /// Lets a person act in an organization.
    ///
    /// # Errors
    /// `Denied` when they are no member, or none any more: whether the organization exists is not said.
    pub async fn enter_organization(
        &self,
        caller: &Caller,
        organization: &OrganizationId,
        origin: Origin,
    ) -> Result<Ctx> {
        let read = async || {
            let found = actors::of_person(&mut self.db().read().await?, organization, caller.person).await?;
            let row = found.filter(|row| row.removed_at.is_none());
            if row.is_some() {
                self.check_log_intact(organization)?;
            }
            Ok(row)
        };
        let row = self.read_actor(read).await?.ok_or(Error::Denied)?;
        Ok(Ctx::new(row.actor()?, self.runtime().now(), origin, caller.credential.clone()))
    }

    /// Whether a person is still in the organization that they act in, and no less than they were; for what was only
    /// read meanwhile.
    ///
    /// # Errors
    /// `Denied` when they are not; `Unauthenticated` when their row was altered.
    pub async fn recheck_member(&self, ctx: &Ctx) -> Result<()> {
        let Actor { organization, id, .. } = &ctx.actor;
        let read = async || Ok(actors::find(&mut self.db().read().await?, organization, *id).await?);
        let row = self.read_actor(read).await?.filter(|row| row.removed_at.is_none()).ok_or(Error::Denied)?;
        if row.actor()?.role < ctx.actor.role { Err(Error::Denied) } else { Ok(()) }
    }

    /// Remembers in which organization a person looks around, for their next sign-in.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn set_active_organization(&self, person: PersonId, organization: &OrganizationId) -> Result<()> {
        let mut tx = self.db().begin().await?;
        people::set_active(&mut tx, person, organization).await?;
        Ok(tx.commit().await?)
    }

    /// Where a person looked around last.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn active_organization(&self, person: PersonId) -> Result<Option<OrganizationId>> {
        Ok(people::active(&mut self.db().read().await?, person).await?)
    }

    /// Lets a person act in their only organization.
    ///
    /// # Errors
    /// `Denied` when they are in none, or must say in which.
    pub async fn enter_only_organization(&self, caller: &Caller, origin: Origin) -> Result<Ctx> {
        match self.list_organizations(caller.person).await?.as_slice() {
            [only] => self.enter_organization(caller, &only.organization, origin).await,
            _ => Err(Error::Denied),
        }
    }
}

/// The address of someone in the one form that addresses are kept and compared in; none where it is none.
pub(crate) fn address(identity: &Identity) -> Option<String> {
    text::email(identity.email.as_deref()?).ok()
}

/// What to call someone: the name the provider gives, cleaned and cut so that it is fit to be shown, else their e-mail,
/// else nothing much.
fn shown_name(identity: &Identity) -> String {
    let cleaned = |text: &Option<String>| text.as_deref().and_then(Name::cleaned);
    let name = cleaned(&identity.name).or_else(|| cleaned(&identity.email));
    name.map_or_else(|| "Unnamed person".into(), String::from)
}
