//! The stories of a key, each in a file of its own.

mod admit;
mod change;
mod create;
mod end;
mod hand_over;
mod list;
mod once;
mod refused;
mod rotate;

use domain::key::KeyState;
use domain::policy::{Action, Reach, permit};
use domain::view::{KeyLine, KeyView, Page};
use domain::{ActorId, KeyId, Moment};

use crate::ctx::{Credential, Ctx};
use crate::store::keys::{self, KeyRow, ListedRow};
use crate::store::{Tx, parse_column};
use crate::{Engine, Error, Result};

pub use admit::AuthenticatedRequest;
pub(crate) use create::KeyPlan;
pub(crate) use end::ending;
pub use once::IdempotencyKey;
pub(crate) use refused::RefusedKeys;

impl Engine {
    /// What a reader may see of a key.
    pub(crate) fn line(&self, ctx: &Ctx, row: ListedRow) -> Result<KeyLine> {
        let ListedRow { key, actor_name, creator_name } = row;
        let creator = permit(&ctx.actor, Action::SeeCreators).is_ok().then_some(creator_name);
        let written =
            key.last_used_at.map(|at| (Moment(at), key.last_used_address.clone(), key.last_used_agent.clone()));
        let last = written.max(self.usage().last_of(KeyId(key.id)));
        let (last_used, last_used_address, last_used_agent) = match last {
            Some((at, address, agent)) => (Some(at), address, agent),
            None => (None, None, None),
        };
        let view = KeyView {
            key_id: KeyId(key.id),
            actor_id: ActorId(key.actor_id),
            actor_name,
            is_active: state_of(&key, ctx.now).is_active(),
            environment: key.kind()?.environment(),
            scopes: key.permissions()?,
            role: parse_column(&key.role_cap, "api_keys.role_cap")?,
            created_at: Moment(key.created_at),
            created_by: creator,
            last_used,
            expires_at: key.expires_at.map(Moment),
            revoked_at: key.revoked_at.map(Moment),
            key_prefix: key.key_prefix,
            preview: key.preview,
            label: key.name,
        };
        Ok(KeyLine {
            key: view,
            revoke_reason: key
                .revoke_reason
                .map(|reason| parse_column(&reason, "api_keys.revoke_reason"))
                .transpose()?,
            rotated_from: key.rotated_from.map(KeyId),
            rotated_to: key.rotated_to.map(KeyId),
            exposed_at: key.exposed_at.map(Moment),
            last_used_address,
            last_used_agent,
        })
    }

    /// Whoever changes a key must have found it as it was left: sealing an altered row anew would make the alteration
    /// good.
    fn sound(&self, row: KeyRow) -> Result<KeyRow> {
        if row.is_sound(self.ring()) && !row.is_superseded(self.journal()) {
            Ok(row)
        } else {
            Err(Error::Broken(format!("the row of key {} was altered", row.id)))
        }
    }

    /// Writes a held key as it is from now on. Its seal is renewed only if it was whole before: an altered row keeps its
    /// wrong one, so that the alteration stays to be seen.
    async fn save(&self, tx: &mut Tx, before: &KeyRow, after: KeyRow) -> Result<KeyRow> {
        let after = if before.is_sound(self.ring()) { after.with_mac(self.ring()) } else { after };
        match keys::update(tx, &after, before.audit_n).await? {
            true => Ok(after),
            false => Err(Error::Broken(format!("key {} changed while it was held", before.id))),
        }
    }
}

/// A key within reach, held alone until the transaction ends.
async fn lock(tx: &mut Tx, reach: &Reach, key: KeyId) -> Result<KeyRow> {
    let row = keys::lock(tx, reach.organization(), key, true).await?.ok_or(Error::NotFound)?;
    within(reach, &row)?;
    Ok(row)
}

/// Whether a key is the caller's business.
fn within(reach: &Reach, row: &KeyRow) -> Result<()> {
    let near = reach.covers(ActorId(row.actor_id)) && reach.covers_keys_of(row.kind()?.environment());
    if near { Ok(()) } else { Err(Error::Denied) }
}

/// Whether this is the very key that the request was made with.
fn is_itself(ctx: &Ctx, key: KeyId) -> bool {
    matches!(ctx.credential, Credential::Key { id, .. } if id == key)
}

/// Cuts a list that was read one row too long into a page.
pub(crate) fn page<T>(mut rows: Vec<T>, limit: i64, number: impl Fn(&T) -> i64) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(number);
    Page { rows, next }
}

/// The state of a key. An end that was written down stays, whatever the clock says later.
pub(crate) fn state_of(row: &KeyRow, now: Moment) -> KeyState {
    let revoked = row.revoked_at.zip(row.revoked_by).map(|(at, by)| (Moment(at), ActorId(by)));
    match (revoked, row.expired_at) {
        (None, Some(at)) => KeyState::Expired { at: Moment(at) },
        _ => KeyState::at(now, row.expires_at.map(Moment), revoked),
    }
}
