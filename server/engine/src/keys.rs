//! API keys: one file per operation. Here is what the operations share.

mod authenticate;
mod cached;
mod change;
mod create;
mod create_for_api;
mod expire;
mod expose;
mod gate;
mod get;
mod idempotency;
mod import;
mod ip_lists;
mod list;
mod refused;
mod revoke;
mod rotate;
mod transfer;
mod verify;
mod view;

use domain::policy::Reach;
use domain::{ActorId, KeyId};

use crate::ctx::{Credential, Ctx};
use crate::store::Tx;
use crate::store::keys::{self, KeyRow};
use crate::{Engine, Error, Result};

pub use authenticate::AuthenticatedRequest;
pub use cached::DEFAULT_KEY_CACHE;
pub(crate) use cached::Keys;
pub(crate) use create::KeyPlan;
pub use gate::{GateNeeds, GatePass, GateVerdict, PresentedAtGate};
pub use idempotency::IdempotencyKey;
pub(crate) use ip_lists::IpLists;
pub(crate) use refused::RefusedKeys;
pub(crate) use revoke::revoked_event;

impl Engine {
    /// Refuses to change an altered row: sealing it again would make the alteration valid.
    fn require_sound_key(&self, row: KeyRow) -> Result<KeyRow> {
        if row.is_sound(self.ring()) && !row.is_superseded(self.journal()) {
            Ok(row)
        } else {
            Err(Error::Broken(format!(
                "the row of key {} was altered",
                row.id
            )))
        }
    }

    /// Writes the new state of a locked key. The row is sealed again only if its seal was valid
    /// before, so that an alteration remains detectable.
    async fn save_key(&self, tx: &mut Tx, before: &KeyRow, after: KeyRow) -> Result<KeyRow> {
        let after = if before.is_sound(self.ring()) {
            after.with_mac(self.ring())
        } else {
            after
        };
        if keys::update(tx, &after, before).await? {
            Ok(after)
        } else {
            Err(Error::Broken(format!(
                "key {} changed while it was locked",
                before.id
            )))
        }
    }
}

/// A key within reach, locked exclusively until the transaction ends.
async fn lock_within_reach(tx: &mut Tx, reach: &Reach, key: KeyId) -> Result<KeyRow> {
    let row = keys::lock(tx, reach.organization(), key, true)
        .await?
        .ok_or(Error::NotFound)?;
    check_within_reach(reach, &row)?;
    Ok(row)
}

/// # Errors
/// `Denied` for a key of another owner or environment than the caller may reach.
fn check_within_reach(reach: &Reach, row: &KeyRow) -> Result<()> {
    let is_reached =
        reach.covers(ActorId(row.actor_id)) && reach.covers_keys_of(row.kind()?.environment());
    if is_reached {
        Ok(())
    } else {
        Err(Error::Denied)
    }
}

/// Whether this is the key that authenticated the request.
fn is_calling_key(ctx: &Ctx, key: KeyId) -> bool {
    matches!(ctx.credential, Credential::Key { id, .. } if id == key)
}
