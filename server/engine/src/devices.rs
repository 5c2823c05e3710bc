//! Signing in on a device: a command line, or a page of another origin (RFC 8628, RFC 8252).
//!
//! A person allows it in the browser. The device gets a session of its own, which lasts longer than
//! that of a browser, and a refresh token. Callers pass codes and tokens; the database holds only
//! keyed digests and sealed values.

mod allow;
mod authorization_code;
mod decide;
mod device_code;
mod refresh;
mod sign_out;

use domain::device::DeviceClient;
use domain::event::{AuditAction, Event};
use domain::{Actor, Moment, PersonId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::ctx::{Caller, Credential, Origin};
use crate::sessions::SessionKind;
use crate::store::Tx;
use crate::store::sessions::{self, SessionRow};
use crate::tokens::{IssuedToken, Parties};
use crate::{Engine, Error, Result};

pub use device_code::{DEVICE_CODE_SECONDS, StartedDevice};

/// The start of every refresh token, by which scanners find it.
const REFRESH_PREFIX: &str = "rtr_";

/// What a device gets when it signs in or refreshes its session.
pub struct DeviceTokens {
    /// A token for the API, valid for an hour.
    pub access: IssuedToken,
    /// The token for the next refresh. It replaces the one before.
    pub refresh: Zeroizing<String>,
}

/// Why a device gets no tokens (RFC 6749, 5.2; RFC 8628, 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantRefusal {
    /// Nobody has decided yet.
    Pending,
    /// The device asks too often. It must wait five seconds more from now on.
    SlowDown,
    /// The person has denied it.
    Denied,
    /// The device code has expired.
    Expired,
    /// The code or token is unknown, was used, or has expired, or its session was revoked.
    Invalid,
}

/// The answer to a device that asks for tokens.
pub type Granted = std::result::Result<DeviceTokens, GrantRefusal>;

/// What the value of a device's session says.
#[derive(Serialize, Deserialize)]
struct DeviceSession {
    client: DeviceClient,
    /// When the person who allowed it had signed in; Unix milliseconds.
    signed_in_at: i64,
}

/// A device that a person has allowed.
struct AllowedDevice {
    client: DeviceClient,
    person: PersonId,
    signed_in_at: Moment,
    /// Where the device is.
    origin: Origin,
}

impl Engine {
    /// Signs an allowed device in: the end of both grants, and of the transaction that took its code.
    async fn sign_in_device(
        &self,
        mut tx: Tx,
        device: &AllowedDevice,
        parties: &Parties,
    ) -> Result<Granted> {
        self.lock_chain_heads(&mut tx, device.person, None)
            .await?;
        let (row, refresh) = self
            .insert_device_session(&mut tx, device)
            .await?;
        tx.commit().await?;
        self.tokens_of_device(
            &row,
            device.signed_in_at,
            refresh,
            parties,
            &device.origin,
        )
        .await
        .map(Ok)
    }

    /// Starts the session of a device. Gives the refresh token.
    async fn insert_device_session(
        &self,
        tx: &mut Tx,
        device: &AllowedDevice,
    ) -> Result<(SessionRow, Zeroizing<String>)> {
        let refresh = Zeroizing::new(format!(
            "{REFRESH_PREFIX}{}",
            self.runtime().base62_text::<43>()
        ));
        let row = self.new_session(
            SessionKind::Device,
            refresh.as_bytes(),
            Some(device.person),
            &device.origin,
        );
        let value = DeviceSession {
            client: device.client,
            signed_in_at: device.signed_in_at.0,
        };
        let row = self.sealed_session(row, &to_json(&value)?);
        if !sessions::insert(tx, &row).await? {
            return Err(Error::Broken(
                "a new refresh token has the digest of another".into(),
            ));
        }
        let event = |actor: &Actor| {
            Event::new(AuditAction::SignedIn, "session", &row.id, &actor.name).changed(
                "client",
                None,
                Some(device.client.as_str()),
            )
        };
        self.journal_everywhere(tx, device.person, &device.origin, event)
            .await?;
        Ok((row, refresh))
    }

    /// The tokens of a device's session that was just started or refreshed.
    async fn tokens_of_device(
        &self,
        row: &SessionRow,
        signed_in_at: Moment,
        refresh: Zeroizing<String>,
        parties: &Parties,
        origin: &Origin,
    ) -> Result<DeviceTokens> {
        let caller = Caller {
            person: PersonId(row.person_id.ok_or(Error::Unauthenticated(
                "the session of the device belongs to nobody",
            ))?),
            credential: Credential::Session {
                digest: row.digest.clone(),
                signed_in_at,
            },
        };
        let access = self
            .issue_token(&caller, parties, true, origin)
            .await?;
        Ok(DeviceTokens { access, refresh })
    }
}

fn to_json(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>> {
    serde_json::to_vec(value)
        .map(Zeroizing::new)
        .map_err(|error| Error::Broken(format!("a value cannot be stored: {error}")))
}
