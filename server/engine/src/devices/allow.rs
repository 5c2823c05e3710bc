//! What both ways to allow a device share.

use domain::device::DeviceClient;
use domain::event::{AuditAction, Event};
use domain::{Actor, Moment};

use crate::ctx::{Caller, Credential, Origin};
use crate::store::Tx;
use crate::{Engine, Error, Result};

/// The device that a person decided about, for the event.
pub(super) struct DecidedDevice<'a> {
    pub client: DeviceClient,
    pub address: Option<&'a str>,
    pub agent: Option<&'a str>,
}

impl Engine {
    /// Records a decision in each organization of the person.
    pub(super) async fn journal_decision(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        allowed: bool,
        device: &DecidedDevice<'_>,
        origin: &Origin,
    ) -> Result<()> {
        let action = if allowed {
            AuditAction::DeviceAllowed
        } else {
            AuditAction::DeviceDenied
        };
        let event = |actor: &Actor| {
            Event::new(action, "member", actor.id, &actor.name)
                .changed("client", None, Some(device.client.as_str()))
                .with("address", device.address)
                .with("user_agent", device.agent)
        };
        self.journal_everywhere(tx, caller.person, origin, event)
            .await
    }

    /// When the caller signed in, if that is recent enough to give a device access for weeks.
    ///
    /// # Errors
    /// `FreshSignInRequired`; `Denied` for a caller without a browser session: a device does not
    /// allow another.
    pub(super) fn fresh_sign_in(&self, caller: &Caller) -> Result<Moment> {
        let Credential::Session { signed_in_at, .. } = caller.credential else {
            return Err(Error::Denied);
        };
        caller
            .credential
            .require_fresh_sign_in(self.runtime().now())?;
        Ok(signed_in_at)
    }
}
