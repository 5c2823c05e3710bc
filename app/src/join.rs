//! Joining an organization, by the form of a person who is signed in and by a sign-in.

use engine::Caller;
use engine::attempts::Kind;

use crate::flash::{Flash, OrganizationNotice};
use crate::request::PageContext;
use crate::routes::{LinkToken, Screen};

impl PageContext {
    /// Accepts an invitation, and returns the page that welcomes the person. Guessing tokens is
    /// limited.
    ///
    /// # Errors
    /// `NotFound` for an invalid link; `WrongAddress` for a link for another person; `Conflict` for
    /// a member; `TooManyRequests`.
    pub async fn join(&self, caller: &Caller, token: &LinkToken) -> engine::Result<Screen> {
        let accept = self
            .engine
            .accept_invitation(caller, token.as_str(), self.origin.clone());
        let organization = self
            .engine
            .attempt(
                Kind::Invitation,
                &self.origin,
                token.as_str().as_bytes(),
                accept,
            )
            .await?;
        self.set_flash(Flash::Moved(OrganizationNotice::Joined))
            .await;
        Ok(Screen::ApiKeys(organization))
    }
}
