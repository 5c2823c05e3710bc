//! A device signs itself out (RFC 7009).

use domain::device::DeviceClient;
use domain::{Moment, PersonId};

use crate::ctx::{Caller, Credential, Origin};
use crate::{Engine, Error, Result};

impl Engine {
    /// Revokes the session of a refresh token, and with it the access tokens. A token that is not
    /// valid is already revoked.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn sign_out_device(
        &self,
        client: DeviceClient,
        refresh_token: &str,
        origin: &Origin,
    ) -> Result<()> {
        let found = self
            .find_session_row(refresh_token.as_bytes())
            .await?;
        let Some((row, session)) = self.device_session(found, client) else {
            return Ok(());
        };
        let Some(person) = row.person_id else {
            return Ok(());
        };
        let caller = Caller {
            person: PersonId(person),
            credential: Credential::Session {
                digest: row.digest,
                signed_in_at: Moment(session.signed_in_at),
            },
        };
        match self.sign_out(&caller, origin).await {
            // It was revoked meanwhile.
            Err(Error::Unauthenticated(_)) => Ok(()),
            signed_out => signed_out,
        }
    }
}
