//! Sealed items: texts of five kinds, sealed to a key, and readable only with that key and its
//! successors (decisions D16, D31). One file per operation. Here is what the operations share.

use domain::command::SealText;
use domain::event::{AuditAction, Event};
use domain::view::Sealed;
use domain::{ActorId, ItemId, KeyId, Moment, SealedKind};
use zeroize::Zeroizing;

use crate::ctx::Ctx;
use crate::key_material::{self, SealContext};
use crate::store::keys::{self, KeyRow};
use crate::store::sealed::{self, ItemRow, stored_kind};
use crate::store::{Tx, meta, parse_column};
use crate::{Engine, Error, Result};

mod access_grants;
mod change_todo;
mod delete;
mod overview;
mod read;
mod send;
mod write;

pub(crate) use access_grants::{count_sealed, reassign_inbox};

impl Engine {
    async fn seal(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (owner, key): (ActorId, KeyId),
        kind: SealedKind,
        text: SealText,
    ) -> Result<Sealed> {
        let key = self.sealing_target(tx, ctx, owner, key).await?;
        let text = Zeroizing::new(text.0);
        let mut row = ItemRow {
            id: self.runtime().random_id(ItemId::PREFIX),
            organization_id: key.organization_id,
            actor_id: owner.0,
            kind: stored_kind(kind).into(),
            seq: meta::next(tx, "item").await?,
            key_id: key.id,
            from_actor: ctx.actor.id.0,
            sealed: Vec::new(),
            created_at: ctx.now.0,
            done: false,
            from_name: ctx.actor.name.clone(),
        };
        let sealed = key_material::seal_to(
            self.runtime(),
            &key.public_key,
            &self.item_context(&row),
            text.as_bytes(),
        );
        row.sealed =
            sealed.map_err(|_| Error::Broken(format!("key {} has no public key", key.id)))?;
        sealed::insert(tx, &row).await?;
        let id = parse_column(&row.id, "items.id")?;
        Ok(Sealed {
            id,
            actor_id: owner,
            key_id: KeyId(row.key_id),
            created_at: Moment(row.created_at),
        })
    }

    /// The row of a key that something is sealed to. Its seal proves that the public key is the
    /// owner's: an attacker who writes to the database cannot redirect messages to a key of their
    /// own.
    async fn sealing_target(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        owner: ActorId,
        key: KeyId,
    ) -> Result<KeyRow> {
        let row = keys::lock(tx, &ctx.actor.organization, key, false)
            .await?
            .ok_or(Error::NotFound)?;
        if row.is_sound(self.ring()) && row.actor_id == owner.0 && row.state(ctx.now).is_active() {
            return Ok(row);
        }
        Err(Error::Broken(format!(
            "the row of key {key} was altered"
        )))
    }

    fn item_context(&self, row: &ItemRow) -> SealContext {
        let (organization, actor) = (&row.organization_id, row.actor_id);
        SealContext::item(
            self.ring().deployment(),
            organization,
            actor,
            &row.kind,
            &row.id,
            row.key_id,
        )
    }
}

/// An event about an item of the caller.
fn own_item_event(action: AuditAction, ctx: &Ctx, id: &ItemId) -> Event {
    Event::new(action, "item", id, &ctx.actor.name)
}

#[cfg(test)]
mod tests;
