//! The device authorization grant (RFC 8628).

use domain::device::{DeviceClient, UserCode};
use domain::view::DeviceRequest;
use domain::{Moment, PersonId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{AllowedDevice, GrantRefusal, Granted, to_json};
use crate::ctx::Origin;
use crate::keyring::CanonicalEncoder;
use crate::store::Tx;
use crate::store::device_requests::{self, DeviceRequestRow};
use crate::tokens::Parties;
use crate::{Engine, Error, Result};

/// A device code expires after ten minutes.
pub const DEVICE_CODE_SECONDS: i64 = 10 * 60;
/// How often a device may ask for its tokens at first: every five seconds.
const INTERVAL_SECONDS: i64 = 5;
/// By how much the interval grows each time the device asks too often.
const SLOW_DOWN_SECONDS: i64 = 5;
/// A device may be this much too early, in milliseconds: requests arrive unevenly.
const TOLERANCE_MS: i64 = 1_000;
/// User codes that are tried before giving up. With 34 bits, a second one is hardly ever needed.
const TRIES: usize = 8;

/// The codes of a device that wants to sign in.
pub struct StartedDevice {
    /// The device asks for its tokens with it.
    pub device_code: Zeroizing<String>,
    /// The person compares it, or types it.
    pub user_code: UserCode,
    /// When both expire, in seconds from now.
    pub expires_in: i64,
    /// How often the device may ask, in seconds.
    pub interval: i64,
}

/// What is stored of a device that waits.
#[derive(Serialize, Deserialize)]
pub(super) struct WaitingDevice {
    pub client: DeviceClient,
    pub user_code: String,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub requested_at: i64,
    pub expires_at: i64,
    pub decision: Option<DeviceDecision>,
}

/// What a person decided about a device.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeviceDecision {
    Denied,
    Allowed {
        person: i64,
        /// When the person had signed in; Unix milliseconds.
        signed_in_at: i64,
    },
}

impl WaitingDevice {
    pub fn view(&self) -> Result<DeviceRequest> {
        let broken = |_| Error::Broken("a stored user code is malformed".into());
        Ok(DeviceRequest {
            user_code: self.user_code.parse().map_err(broken)?,
            client: self.client,
            address: self.address.clone(),
            agent: self.agent.clone(),
            requested_at: Moment(self.requested_at),
            expires_at: Moment(self.expires_at),
        })
    }
}

impl Engine {
    /// Gives a device the codes to sign in with.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn start_device(
        &self,
        client: DeviceClient,
        origin: &Origin,
    ) -> Result<StartedDevice> {
        let now = self.runtime().now();
        let device_code = Zeroizing::new(self.runtime().base62_text::<43>());
        let expires_at = now.plus_seconds(DEVICE_CODE_SECONDS);
        let digest = self.device_code_digest(&device_code);
        let mut tx = self.db().begin().await?;
        for _ in 0..TRIES {
            let user_code = self.random_user_code();
            let stored = WaitingDevice {
                client,
                user_code: user_code.to_string(),
                address: origin.address.clone(),
                agent: origin.agent.clone(),
                requested_at: now.0,
                expires_at: expires_at.0,
                decision: None,
            };
            let row = DeviceRequestRow {
                sealed: self.seal_request(&digest, &stored)?,
                digest: digest.clone(),
                user_digest: self.user_code_digest(&user_code),
                interval_seconds: INTERVAL_SECONDS,
                polled_at: None,
                expires_at: expires_at.0,
            };
            if device_requests::insert(&mut tx, &row).await? {
                tx.commit().await?;
                return Ok(StartedDevice {
                    device_code,
                    user_code,
                    expires_in: DEVICE_CODE_SECONDS,
                    interval: INTERVAL_SECONDS,
                });
            }
        }
        Err(Error::Broken("no user code is free".into()))
    }

    /// The tokens of a device, once a person has allowed it. The code works once.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn exchange_device_code(
        &self,
        client: DeviceClient,
        device_code: &str,
        parties: &Parties,
        origin: &Origin,
    ) -> Result<Granted> {
        let mut tx = self.db().begin().await?;
        let mut found = None;
        for digest in self.session_digests(digested_device_code(device_code).as_bytes()) {
            found = device_requests::lock(&mut tx, &digest).await?;
            if found.is_some() {
                break;
            }
        }
        let Some((row, stored)) = found.and_then(|row| self.open_request(row)) else {
            return Ok(Err(GrantRefusal::Invalid));
        };
        let now = self.runtime().now();
        if stored.client != client {
            return Ok(Err(GrantRefusal::Invalid));
        }
        if stored.expires_at <= now.0 {
            return Ok(Err(GrantRefusal::Expired));
        }
        let allowed = match stored.decision {
            None => {
                let refusal = note_poll(&mut tx, &row, now).await?;
                tx.commit().await?;
                return Ok(Err(refusal));
            }
            Some(DeviceDecision::Denied) => {
                device_requests::delete(&mut tx, &row.digest).await?;
                tx.commit().await?;
                return Ok(Err(GrantRefusal::Denied));
            }
            Some(DeviceDecision::Allowed {
                person,
                signed_in_at,
            }) => AllowedDevice {
                client,
                person: PersonId(person),
                signed_in_at: Moment(signed_in_at),
                origin: Origin {
                    request_id: origin.request_id.clone(),
                    trace_id: origin.trace_id,
                    address: stored.address,
                    agent: stored.agent,
                },
            },
        };
        device_requests::delete(&mut tx, &row.digest).await?;
        self.sign_in_device(tx, &allowed, parties).await
    }

    fn random_user_code(&self) -> UserCode {
        loop {
            if let Some(code) = UserCode::of_random(self.runtime().bytes()) {
                return code;
            }
        }
    }

    fn device_code_digest(&self, code: &str) -> Vec<u8> {
        self.session_digest(digested_device_code(code).as_bytes())
    }

    fn user_code_digest(&self, code: &UserCode) -> Vec<u8> {
        self.session_digest(digested_user_code(code).as_bytes())
    }

    /// The digests by which the request of a user code is found.
    pub(super) fn user_code_digests(&self, code: &UserCode) -> Vec<Vec<u8>> {
        self.session_digests(digested_user_code(code).as_bytes())
    }

    pub(super) fn seal_request(&self, digest: &[u8], stored: &WaitingDevice) -> Result<Vec<u8>> {
        Ok(self.seal_value(
            "device_requests",
            digest,
            &associated_data(),
            &to_json(stored)?,
        ))
    }

    /// The request of a row. An altered row is treated as missing.
    pub(super) fn open_request(
        &self,
        row: DeviceRequestRow,
    ) -> Option<(DeviceRequestRow, WaitingDevice)> {
        let value = self
            .ring()
            .unseal(
                "device_requests",
                &row.digest,
                &associated_data(),
                &row.sealed,
            )
            .ok()?;
        let stored = serde_json::from_slice(&value).ok()?;
        Some((row, stored))
    }
}

/// Records that a device asked before anybody decided.
async fn note_poll(tx: &mut Tx, row: &DeviceRequestRow, now: Moment) -> Result<GrantRefusal> {
    let is_early = row.polled_at.is_some_and(|before| {
        now.0 - before < row.interval_seconds * 1_000 - TOLERANCE_MS && now.0 >= before
    });
    let (interval, refusal) = if is_early {
        (
            row.interval_seconds + SLOW_DOWN_SECONDS,
            GrantRefusal::SlowDown,
        )
    } else {
        (row.interval_seconds, GrantRefusal::Pending)
    };
    device_requests::note_poll(tx, &row.digest, now, interval).await?;
    Ok(refusal)
}

/// The text that the digest of a device code is about.
fn digested_device_code(code: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("device code {code}"))
}

/// The text that the digest of a user code is about.
fn digested_user_code(code: &UserCode) -> String {
    format!("user code {code}")
}

fn associated_data() -> CanonicalEncoder {
    CanonicalEncoder::of("device request")
}
