//! A person looks at a device that waits, and allows or denies it.

use domain::device::UserCode;
use domain::view::DeviceRequest;

use super::allow::DecidedDevice;
use super::device_code::{DeviceDecision, WaitingDevice};
use crate::ctx::{Caller, Origin};
use crate::reauthorize::reauthorize_person;
use crate::store::device_requests::{self, DeviceRequestRow};
use crate::{Engine, Error, Result};

impl Engine {
    /// The device that shows this code, if nobody has decided about it yet.
    ///
    /// # Errors
    /// `NotFound` for a code that does not exist, was used, or has expired.
    pub async fn get_device_request(&self, user_code: &UserCode) -> Result<DeviceRequest> {
        let mut connection = self.db().read().await?;
        let mut found = None;
        for digest in self.user_code_digests(user_code) {
            found = device_requests::find_by_user_code(&mut connection, &digest).await?;
            if found.is_some() {
                break;
            }
        }
        let (_, stored) = self.undecided(found)?;
        stored.view()
    }

    /// Allows a device to sign in as the caller, or denies it. The decision is final.
    ///
    /// # Errors
    /// `NotFound` as [`Engine::get_device_request`]; `FreshSignInRequired` to allow it without a
    /// sign-in of the last ten minutes; `Unauthenticated` when the caller's session has expired or
    /// was revoked.
    pub async fn decide_device(
        &self,
        caller: &Caller,
        user_code: &UserCode,
        allowed: bool,
        origin: &Origin,
    ) -> Result<DeviceRequest> {
        let decision = self.decision(caller, allowed)?;
        let mut tx = self.db().begin().await?;
        // The request before the chains, as the device does when it exchanges its code: the other
        // order could wait for it forever.
        let mut found = None;
        for digest in self.user_code_digests(user_code) {
            found = device_requests::lock_by_user_code(&mut tx, &digest).await?;
            if found.is_some() {
                break;
            }
        }
        self.lock_chain_heads(&mut tx, caller.person, None)
            .await?;
        reauthorize_person(self, &mut tx, caller).await?;
        let (row, stored) = self.undecided(found)?;
        let view = stored.view()?;

        let decided = WaitingDevice {
            decision: Some(decision),
            ..stored
        };
        let sealed = self.seal_request(&row.digest, &decided)?;
        device_requests::decide(&mut tx, &row.digest, &sealed).await?;
        let device = DecidedDevice {
            client: view.client,
            address: view.address.as_deref(),
            agent: view.agent.as_deref(),
        };
        self.journal_decision(&mut tx, caller, allowed, &device, origin)
            .await?;
        tx.commit().await?;
        Ok(view)
    }

    fn decision(&self, caller: &Caller, allowed: bool) -> Result<DeviceDecision> {
        if !allowed {
            return Ok(DeviceDecision::Denied);
        }
        let signed_in_at = self.fresh_sign_in(caller)?;
        Ok(DeviceDecision::Allowed {
            person: caller.person.0,
            signed_in_at: signed_in_at.0,
        })
    }

    fn undecided(
        &self,
        found: Option<DeviceRequestRow>,
    ) -> Result<(DeviceRequestRow, WaitingDevice)> {
        let now = self.runtime().now();
        found
            .and_then(|row| self.open_request(row))
            .filter(|(_, stored)| stored.decision.is_none() && stored.expires_at > now.0)
            .ok_or(Error::NotFound)
    }
}
