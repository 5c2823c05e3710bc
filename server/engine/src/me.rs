//! The caller.

use domain::view::Me;

use crate::Engine;
use crate::ctx::{Credential, Ctx};

impl Engine {
    /// The caller, as this request sees it.
    pub fn me(&self, ctx: &Ctx) -> Me {
        let (credential, key_id) = match ctx.credential {
            Credential::Key { id, .. } => ("api_key", Some(id)),
            Credential::Session { .. } => ("session", None),
            Credential::IdToken { .. } => ("id_token", None),
            Credential::System => ("system", None),
        };
        Me {
            actor_id: ctx.actor.id,
            name: ctx.actor.name.clone(),
            kind: ctx.actor.kind,
            role: ctx.actor.role,
            organization: ctx.actor.organization.clone(),
            credential: credential.into(),
            key_id,
        }
    }
}
