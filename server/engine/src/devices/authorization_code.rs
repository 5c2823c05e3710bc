//! The authorization code grant of a program on the same computer as the browser (RFC 8252), with
//! PKCE (RFC 7636).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::device::{AuthorizationRequest, DeviceClient};
use domain::{Moment, PersonId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::allow::DecidedDevice;
use super::{AllowedDevice, GrantRefusal, Granted, to_json};
use crate::ctx::{Caller, Origin};
use crate::reauthorize::reauthorize_person;
use crate::store::sessions;
use crate::tokens::Parties;
use crate::{Engine, Result};

/// A code expires after one minute: the program takes it at once.
const CODE_SECONDS: i64 = 60;

/// What is stored of a code.
#[derive(Serialize, Deserialize)]
struct StoredCode {
    client: DeviceClient,
    redirect_uri: String,
    challenge: String,
    person: i64,
    signed_in_at: i64,
}

impl Engine {
    /// Allows a program on this computer to sign in as the caller. Gives the code for it.
    ///
    /// # Errors
    /// `FreshSignInRequired` without a sign-in of the last ten minutes; `Unauthenticated` when the
    /// caller's session has expired or was revoked.
    pub async fn authorize_device(
        &self,
        caller: &Caller,
        request: &AuthorizationRequest,
        origin: &Origin,
    ) -> Result<Zeroizing<String>> {
        let signed_in_at = self.fresh_sign_in(caller)?;
        let code = Zeroizing::new(self.runtime().base62_text::<43>());
        let stored = StoredCode {
            client: request.client,
            redirect_uri: request.redirect_uri.to_string(),
            challenge: request.challenge.as_str().to_owned(),
            person: caller.person.0,
            signed_in_at: signed_in_at.0,
        };
        let token = flow_token(&code);
        let (digest, sealed) = self.seal_flow(&token, &to_json(&stored)?);

        let mut tx = self.db().begin().await?;
        self.lock_chain_heads(&mut tx, caller.person, None)
            .await?;
        reauthorize_person(self, &mut tx, caller).await?;
        let expires = self.runtime().now().plus_seconds(CODE_SECONDS);
        sessions::insert_flow(&mut tx, &digest, &sealed, expires).await?;
        self.journal_decision(&mut tx, caller, true, &here(request.client), origin)
            .await?;
        tx.commit().await?;
        Ok(code)
    }

    /// Records that the caller has denied a program on this computer.
    ///
    /// # Errors
    /// `Unauthenticated` when the caller's session has expired or was revoked.
    pub async fn deny_device(
        &self,
        caller: &Caller,
        client: DeviceClient,
        origin: &Origin,
    ) -> Result<()> {
        let mut tx = self.db().begin().await?;
        self.lock_chain_heads(&mut tx, caller.person, None)
            .await?;
        reauthorize_person(self, &mut tx, caller).await?;
        self.journal_decision(&mut tx, caller, false, &here(client), origin)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The tokens for a code. The code works once, also if the verifier is wrong.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn exchange_authorization_code(
        &self,
        client: DeviceClient,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        parties: &Parties,
        origin: &Origin,
    ) -> Result<Granted> {
        let Some(value) = self.take_flow(&flow_token(code)).await? else {
            return Ok(Err(GrantRefusal::Invalid));
        };
        let Ok(stored) = serde_json::from_slice::<StoredCode>(&value) else {
            return Ok(Err(GrantRefusal::Invalid));
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let is_challenge = challenge
            .as_bytes()
            .ct_eq(stored.challenge.as_bytes());
        if !bool::from(is_challenge)
            || stored.client != client
            || stored.redirect_uri != redirect_uri
        {
            return Ok(Err(GrantRefusal::Invalid));
        }
        let allowed = AllowedDevice {
            client,
            person: PersonId(stored.person),
            signed_in_at: Moment(stored.signed_in_at),
            origin: origin.clone(),
        };
        let tx = self.db().begin().await?;
        self.sign_in_device(tx, &allowed, parties).await
    }
}

/// The program, which is where the browser is.
const fn here(client: DeviceClient) -> DecidedDevice<'static> {
    DecidedDevice {
        client,
        address: None,
        agent: None,
    }
}

/// Codes are stored with the sign-ins in progress, under a name of their own.
fn flow_token(code: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(format!("authorization code {code}").into_bytes())
}
