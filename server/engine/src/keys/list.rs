//! Looking at keys.

use domain::command::KeyQuery;
use domain::policy::{Action, Reach, permit};
use domain::token::PlainKey;
use domain::view::{KeyDetail, KeyLine, Page};
use domain::{ActorId, KeyId};

use super::{page, within};
use crate::ctx::Ctx;
use crate::store::keys::{self, ListedRow};
use crate::{Engine, Error, Result};

/// How many creators a list of them names.
const MOST_CREATORS: i64 = 100;

impl Engine {
    /// Keys within the caller's reach. Creators are named only to those who may see them (KE-24).
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_keys(&self, ctx: &Ctx, query: &KeyQuery, limit: i64) -> Result<Page<KeyLine>> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        // States in a list are not older than the list, as far as the database takes writes.
        if let Err(error) = self.expire_keys_of(reach.organization()).await {
            tracing::warn!(%error, "ends of keys could not be written before a list");
        }
        let mut connection = self.db().read().await?;
        let rows = keys::list(&mut connection, &reach, &meant(query), ctx.now, limit + 1).await?;
        let lines = rows.into_iter().map(|row| self.line(ctx, row)).collect::<Result<Vec<_>>>()?;
        Ok(page(lines, limit, |line| line.key.key_id.0))
    }

    /// How many keys that the query asks for have ended, whatever state it asks for.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn count_ended_keys(&self, ctx: &Ctx, query: &KeyQuery) -> Result<i64> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        Ok(keys::count_ended(&mut self.db().read().await?, &reach, &meant(query), ctx.now).await?)
    }

    /// Everyone who made a key of the organization, by name, for those who may see it (KE-24); nobody for others.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_creators(&self, ctx: &Ctx) -> Result<Vec<(ActorId, String)>> {
        let Ok(reach) = permit(&ctx.actor, Action::SeeCreators) else { return Ok(Vec::new()) };
        let found = keys::creators(&mut self.db().read().await?, &reach, MOST_CREATORS).await?;
        Ok(found.into_iter().map(|(id, name)| (ActorId(id), name)).collect())
    }

    /// One key, if it is within the caller's reach.
    ///
    /// # Errors
    /// `NotFound` when the organization has no such key, `Denied` when it is someone else's business.
    pub async fn get_key(&self, ctx: &Ctx, key: KeyId) -> Result<KeyLine> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        self.line(ctx, self.reached(&reach, key).await?)
    }

    /// One key with everything that is known of its use (RU-25).
    ///
    /// # Errors
    /// As [`Engine::get_key`].
    pub async fn get_key_detail(&self, ctx: &Ctx, key: KeyId) -> Result<KeyDetail> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        let row = self.reached(&reach, key).await?;
        let public_key_hex = hex::encode(&row.key.public_key);
        Ok(KeyDetail { line: self.line(ctx, row)?, public_key_hex, usage: self.usage_of(key, ctx.now).await? })
    }

    async fn reached(&self, reach: &Reach, key: KeyId) -> Result<ListedRow> {
        let row = keys::find(&mut self.db().read().await?, reach.organization(), key).await?.ok_or(Error::NotFound)?;
        within(reach, &row.key)?;
        Ok(row)
    }
}

/// A whole key in the search is looked for by its public part.
fn meant(query: &KeyQuery) -> KeyQuery {
    let whole = query.text.as_deref().and_then(|text| PlainKey::parse(text.trim()).ok());
    let text = whole.map(|key| key.prefix()).or_else(|| query.text.as_deref().map(|text| text.trim().to_owned()));
    KeyQuery { text, ..query.clone() }
}
