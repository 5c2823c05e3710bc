//! Reading what an invitation offers, with the token of its link.

use domain::PersonId;
use domain::view::{Offer, Standing};

use crate::store::invitations::InvitationRow;
use crate::store::{organizations, people};
use crate::{Engine, Error, Result};

impl Engine {
    /// What a link offers.
    ///
    /// # Errors
    /// `NotFound` for a token that is unknown, expired, used or revoked; which one is not
    /// disclosed.
    pub async fn get_invitation(&self, token: &str) -> Result<Offer> {
        let mut connection = self.db().read().await?;
        let found = self
            .find_invitation(&mut connection, token)
            .await?;
        Ok(self
            .require_pending(&mut connection, found)
            .await?
            .offer()?)
    }

    /// What a link offers to a person.
    ///
    /// # Errors
    /// `NotFound` as [`Engine::get_invitation`], except for a person who is already a member.
    pub async fn get_invitation_as(&self, person: PersonId, token: &str) -> Result<Standing> {
        let mut connection = self.db().read().await?;
        let found = self
            .find_invitation(&mut connection, token)
            .await?;
        let offered = found
            .as_ref()
            .map(InvitationRow::offer)
            .transpose()?
            .map(|offer| offer.organization);
        let memberships = organizations::of_person(&mut connection, person).await?;
        if let Some(organization) = offered.filter(|id| {
            memberships
                .iter()
                .any(|one| one.organization == *id)
        }) {
            return Ok(Standing::Member(organization));
        }

        let row = self
            .require_pending(&mut connection, found)
            .await?;
        let person = people::get(&mut connection, person).await?;
        let person = person.ok_or(Error::Unauthenticated(
            "the person does not exist any more",
        ))?;
        let is_invited = person.email.as_deref() == Some(row.email.as_str());
        Ok(if is_invited {
            Standing::Invited(row.offer()?)
        } else {
            Standing::WrongAddress(row.offer()?)
        })
    }
}
