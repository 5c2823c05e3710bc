//! Reading the items of one kind.

use domain::policy::permit;
use domain::token::PlainKey;
use domain::view::{Items, Opened, OpenedItem};
use domain::{ActorId, KeyId, Moment, SealedKind};

use crate::ctx::{Credential, Ctx};
use crate::key_material::{self, Decryptor};
use crate::store::sealed::{self, ItemRow};
use crate::store::{Connection, parse_column};
use crate::{Engine, Error, Result};

impl Engine {
    /// The caller's items of a kind that the calling key, or a key it inherited, can open.
    ///
    /// # Errors
    /// `Denied` unless this is the calling key.
    pub async fn read_items(
        &self,
        ctx: &Ctx,
        key: &PlainKey,
        kind: SealedKind,
        limit: i64,
    ) -> Result<Items> {
        let reach = permit(&ctx.actor, kind.reading())?;
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
                Some(text) => items.push(opened(row, kind, &text)?),
                None => unreadable += 1,
            }
        }
        Ok(Items { items, unreadable })
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

fn opened(row: ItemRow, kind: SealedKind, text: &[u8]) -> Result<OpenedItem> {
    let opened = Opened {
        id: parse_column(&row.id, "items.id")?,
        from_actor_id: ActorId(row.from_actor),
        from: row.from_name,
        text: str::from_utf8(text)
            .map_err(|_| Error::Broken(format!("item {} is no text", row.id)))?
            .to_owned(),
        created_at: Moment(row.created_at),
        key_id: KeyId(row.key_id),
    };
    Ok(OpenedItem {
        opened,
        done: (kind == SealedKind::Todos).then_some(row.done),
    })
}
