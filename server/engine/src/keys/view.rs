//! The view of a key row.

use domain::policy::{Action, permit};
use domain::view::{KeyLine, KeyView};
use domain::{ActorId, KeyId, Moment};

use crate::ctx::Ctx;
use crate::store::keys::ListedRow;
use crate::store::parse_column;
use crate::{Engine, Result};

impl Engine {
    /// What the caller may see of a key. The last use includes what is not in the database yet.
    pub(crate) fn key_line(&self, ctx: &Ctx, row: ListedRow) -> Result<KeyLine> {
        let ListedRow {
            key,
            actor_name,
            creator_name,
        } = row;
        let may_see_creators = permit(&ctx.actor, Action::SeeCreators).is_ok();

        let stored = key.last_used_at.map(|at| {
            (
                Moment(at),
                key.last_used_address.clone(),
                key.last_used_agent.clone(),
            )
        });
        let last_use = stored.max(self.usage().last_of(KeyId(key.id)));
        let (last_used, last_used_address, last_used_agent) = match last_use {
            Some((at, address, agent)) => (Some(at), address, agent),
            None => (None, None, None),
        };

        let view = KeyView {
            key_id: KeyId(key.id),
            actor_id: ActorId(key.actor_id),
            actor_name,
            is_active: key.state(ctx.now).is_active(),
            environment: key.kind()?.environment(),
            scopes: key.permissions()?,
            api: key.api()?,
            allowed_ips: key.allowed_ips()?,
            role: parse_column(&key.role_cap, "api_keys.role_cap")?,
            created_at: Moment(key.created_at),
            created_by: may_see_creators.then_some(creator_name),
            creator_id: may_see_creators.then_some(ActorId(key.created_by)),
            last_used,
            expires_at: key.expires_at.map(Moment),
            revoked_at: key.revoked_at.map(Moment),
            key_prefix: key.key_prefix,
            preview: key.preview,
            label: key.name,
        };
        let revoke_reason = match key.revoke_reason {
            Some(reason) => Some(parse_column(&reason, "api_keys.revoke_reason")?),
            None => None,
        };
        Ok(KeyLine {
            key: view,
            description: key.description,
            revoke_reason,
            rotated_from: key.rotated_from.map(KeyId),
            rotated_to: key.rotated_to.map(KeyId),
            exposed_at: key.exposed_at.map(Moment),
            last_used_address,
            last_used_agent,
        })
    }
}
