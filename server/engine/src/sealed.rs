//! Messages and notes: sealed to a key, and readable only with that key and its successors
//! (decision D16).

use domain::ConflictReason;
use domain::command::SealText;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, Reach, permit};
use domain::token::PlainKey;
use domain::view::{Items, Opened, Sealed};
use domain::{ActorId, ActorKind, ItemId, KeyId, Moment};
use zeroize::Zeroizing;

use crate::audit::journal;
use crate::ctx::{Credential, Ctx};
use crate::error::conflict;
use crate::key_material::{self, Decryptor, SealContext};
use crate::reauthorize::reauthorize;
use crate::store::keys::{self, KeyRow};
use crate::store::sealed::{self, ItemKind, ItemRow};
use crate::store::{Connection, Tx, actors, meta, parse_column};
use crate::{Engine, Error, Result};

mod access_grants;

pub(crate) use access_grants::{count_sealed, reassign_inbox};

impl Engine {
    /// Seals a message to an actor of the caller's organization. The audit log records the sender;
    /// the seal itself does not prove one.
    ///
    /// # Errors
    /// `NotFound` when there is no such actor, `Conflict` when the actor has no key to seal to.
    pub async fn send_message(&self, ctx: &Ctx, to: ActorId, text: SealText) -> Result<Sealed> {
        let reach = permit(&ctx.actor, Action::SendMessage)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let found = actors::find(&mut tx, reach.organization(), to)
            .await?
            // A consumer never reads, and members are not to learn which consumers exist.
            .filter(|row| row.removed_at.is_none() && row.kind != ActorKind::Consumer.as_str());
        let found = found.ok_or(Error::NotFound)?;
        self.require_sound_actor(&found)?;
        let key = sealed::inbox_key(&mut tx, reach.organization(), to, ctx.now)
            .await?
            .ok_or(conflict(ConflictReason::ReceiverWithoutKey))?;
        sealed::set_inbox_key(&mut tx, reach.organization(), to, key).await?;
        let item = self
            .seal(&mut tx, ctx, (to, key), ItemKind::Message, text)
            .await?;
        let event = Event::new(
            AuditAction::MessageSent,
            "item",
            &item.id,
            &found.name,
        )
        .concerning(to);
        journal(
            self,
            &mut tx,
            ctx,
            event.changed("key_id", None, Some(&key.to_string())),
        )
        .await?;
        tx.commit().await?;
        Ok(item)
    }

    /// The caller's messages that the calling key, or a key it inherited, can open.
    ///
    /// # Errors
    /// `Denied` unless this is the calling key.
    pub async fn read_inbox(&self, ctx: &Ctx, key: &PlainKey, limit: i64) -> Result<Items> {
        let reach = permit(&ctx.actor, Action::ReadInbox)?;
        self.open_items(ctx, &reach, key, ItemKind::Message, limit)
            .await
    }

    /// Deletes one of the caller's messages.
    ///
    /// # Errors
    /// `NotFound` when the caller has no such message.
    pub async fn delete_message(&self, ctx: &Ctx, id: &ItemId) -> Result<()> {
        let reach = permit(&ctx.actor, Action::DeleteMessage)?;
        self.delete_item(ctx, &reach, ItemKind::Message, id)
            .await
    }

    /// Seals a note of the caller to the calling key.
    ///
    /// # Errors
    /// `Denied` without a key, `Conflict` for a key that has a successor.
    pub async fn write_note(&self, ctx: &Ctx, text: SealText) -> Result<Sealed> {
        permit(&ctx.actor, Action::WriteNotebook)?;
        let Credential::Key { id: key, .. } = ctx.credential else {
            return Err(Error::Denied);
        };
        let mut tx = self.db().begin().await?;
        let row = reauthorize(self, &mut tx, ctx).await?;
        if row.is_some_and(|row| row.rotated_to.is_some()) {
            return Err(conflict(ConflictReason::KeyIsReplaced));
        }
        let item = self
            .seal(
                &mut tx,
                ctx,
                (ctx.actor.id, key),
                ItemKind::Note,
                text,
            )
            .await?;
        let event = Event::new(
            AuditAction::NoteWritten,
            "item",
            &item.id,
            &ctx.actor.name,
        );
        journal(
            self,
            &mut tx,
            ctx,
            event.changed("key_id", None, Some(&key.to_string())),
        )
        .await?;
        tx.commit().await?;
        Ok(item)
    }

    /// The caller's notes that the calling key, or a key it inherited, can open.
    ///
    /// # Errors
    /// As [`Engine::read_inbox`].
    pub async fn read_notebook(&self, ctx: &Ctx, key: &PlainKey, limit: i64) -> Result<Items> {
        let reach = permit(&ctx.actor, Action::ReadNotebook)?;
        self.open_items(ctx, &reach, key, ItemKind::Note, limit)
            .await
    }

    /// Deletes one of the caller's notes.
    ///
    /// # Errors
    /// `NotFound` when the caller has no such note.
    pub async fn delete_note(&self, ctx: &Ctx, id: &ItemId) -> Result<()> {
        let reach = permit(&ctx.actor, Action::WriteNotebook)?;
        self.delete_item(ctx, &reach, ItemKind::Note, id)
            .await
    }

    async fn seal(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (owner, key): (ActorId, KeyId),
        kind: ItemKind,
        text: SealText,
    ) -> Result<Sealed> {
        let key = self.sealing_target(tx, ctx, owner, key).await?;
        let text = Zeroizing::new(text.0);
        let mut row = ItemRow {
            id: self.runtime().random_id(ItemId::PREFIX),
            organization_id: key.organization_id,
            actor_id: owner.0,
            kind: kind.as_str().into(),
            seq: meta::next(tx, "item").await?,
            key_id: key.id,
            from_actor: ctx.actor.id.0,
            sealed: Vec::new(),
            created_at: ctx.now.0,
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

    async fn open_items(
        &self,
        ctx: &Ctx,
        reach: &Reach,
        key: &PlainKey,
        kind: ItemKind,
        limit: i64,
    ) -> Result<Items> {
        let owner = reach.owner().ok_or(Error::Denied)?;
        let organization = reach.organization();
        let mut connection = self.db().read().await?;
        let (id, decryptor) = presented(&mut connection, ctx, key).await?;
        let decryptors = self
            .decryptors(&mut connection, ctx, id, decryptor)
            .await?;
        let rows = sealed::list(&mut connection, organization, id, owner, kind, limit).await?;
        let mut unreadable =
            sealed::count_others(&mut connection, organization, id, owner, kind).await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            match decryptors.get(&row.key_id).and_then(|decryptor| {
                decryptor
                    .open(&self.item_context(&row), &row.sealed)
                    .ok()
            }) {
                Some(text) => items.push(opened(row, &text)?),
                None => unreadable += 1,
            }
        }
        Ok(Items { items, unreadable })
    }

    async fn delete_item(
        &self,
        ctx: &Ctx,
        reach: &Reach,
        kind: ItemKind,
        id: &ItemId,
    ) -> Result<()> {
        let owner = reach.owner().ok_or(Error::Denied)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        if !sealed::delete(&mut tx, reach.organization(), owner, kind, id).await? {
            return Err(Error::NotFound);
        }
        let action = match kind {
            ItemKind::Message => AuditAction::MessageDeleted,
            ItemKind::Note => AuditAction::NoteDeleted,
        };
        journal(
            self,
            &mut tx,
            ctx,
            Event::new(action, "item", id, &ctx.actor.name),
        )
        .await?;
        Ok(tx.commit().await?)
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

/// The calling key and its private half, if `key` is the calling key.
async fn presented(
    connection: &mut Connection,
    ctx: &Ctx,
    key: &PlainKey,
) -> Result<(KeyId, Decryptor)> {
    let Credential::Key { id, .. } = ctx.credential else {
        return Err(Error::Denied);
    };
    let decryptor = Decryptor::of(&key_material::seal_ikm(key));
    let stored = sealed::public_key(connection, &ctx.actor.organization, id).await?;
    if stored.as_deref() == Some(&decryptor.public_key()) {
        Ok((id, decryptor))
    } else {
        Err(Error::Denied)
    }
}

fn opened(row: ItemRow, text: &[u8]) -> Result<Opened> {
    Ok(Opened {
        id: parse_column(&row.id, "items.id")?,
        from_actor_id: ActorId(row.from_actor),
        from: row.from_name,
        text: str::from_utf8(text)
            .map_err(|_| Error::Broken(format!("item {} is no text", row.id)))?
            .to_owned(),
        created_at: Moment(row.created_at),
        key_id: KeyId(row.key_id),
    })
}

#[cfg(test)]
mod tests;
