//! Listing keys, and what the filters of the list need.

use domain::command::KeyQuery;
use domain::policy::{Action, permit};
use domain::token::PlainKey;
use domain::view::{KeyCount, KeyLine, Page};
use domain::{ActorId, ApiId, KeyId, Slug};

use crate::ctx::Ctx;
use crate::store::apis;
use crate::store::keys::{self, ListedRow};
use crate::{Engine, Error, Result};

/// Creators that the filter of the list offers.
const MAX_CREATORS: i64 = 100;

impl Engine {
    /// Keys within the caller's reach. Only admins and owners see who created a key.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_keys(
        &self,
        ctx: &Ctx,
        query: &KeyQuery,
        limit: i64,
    ) -> Result<Page<KeyLine>> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        // Due expiries are recorded first, so that the list does not show a stale state. Without
        // write access the list is still shown.
        if let Err(error) = self.expire_keys_of(reach.organization()).await {
            tracing::warn!(%error, "due key expiries were not recorded before listing keys");
        }

        let mut connection = self.db().read().await?;
        let mut query = normalized(query);
        if query.before.is_some() {
            let rows = keys::list(&mut connection, &reach, &query, ctx.now, limit).await?;
            if i64::try_from(rows.len()) == Ok(limit) {
                let next = rows.last().map(|row| row.key.id);
                let rows = self.key_lines(ctx, rows)?;
                return Ok(Page { rows, next });
            }
            // The first page is always full.
            (query.before, query.after) = (None, None);
        }
        let rows = keys::list(&mut connection, &reach, &query, ctx.now, limit + 1).await?;
        let lines = self.key_lines(ctx, rows)?;
        Ok(Page::cut(lines, limit, |line| line.key.key_id.0))
    }

    fn key_lines(&self, ctx: &Ctx, rows: Vec<ListedRow>) -> Result<Vec<KeyLine>> {
        rows.into_iter()
            .map(|row| self.key_line(ctx, row))
            .collect()
    }

    /// How many keys match the query on all its pages, and how many of them come before `first`,
    /// the first row of a page.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn count_keys(
        &self,
        ctx: &Ctx,
        query: &KeyQuery,
        first: Option<KeyId>,
    ) -> Result<KeyCount> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        let mut connection = self.db().read().await?;
        Ok(keys::count(
            &mut connection,
            &reach,
            &normalized(query),
            ctx.now,
            first,
        )
        .await?)
    }

    /// As [`Engine::list_keys`], only keys for one API.
    ///
    /// # Errors
    /// `NotFound` when the organization has no such API.
    pub async fn list_api_keys(
        &self,
        ctx: &Ctx,
        api: &Slug,
        query: &KeyQuery,
        limit: i64,
    ) -> Result<Page<KeyLine>> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        let mut connection = self.db().read().await?;
        let found = apis::find(&mut connection, reach.organization(), api).await?;
        drop(connection);
        let query = KeyQuery {
            api: Some(ApiId(found.ok_or(Error::NotFound)?.id)),
            ..query.clone()
        };
        self.list_keys(ctx, &query, limit).await
    }

    /// How many expired and revoked keys match the query. Its status filter is ignored.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn count_inactive_keys(&self, ctx: &Ctx, query: &KeyQuery) -> Result<i64> {
        let reach = permit(&ctx.actor, Action::ListKeys)?;
        Ok(keys::count_inactive(
            &mut self.db().read().await?,
            &reach,
            &normalized(query),
            ctx.now,
        )
        .await?)
    }

    /// The actors that created keys of the organization, by name. Empty unless the caller may see
    /// creators.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_creators(&self, ctx: &Ctx) -> Result<Vec<(ActorId, String)>> {
        let Ok(reach) = permit(&ctx.actor, Action::SeeCreators) else {
            return Ok(Vec::new());
        };
        let found = keys::creators(&mut self.db().read().await?, &reach, MAX_CREATORS).await?;
        Ok(found
            .into_iter()
            .map(|(id, name)| (ActorId(id), name))
            .collect())
    }
}

/// The query with its text trimmed. A complete key is replaced by its public prefix, so that the
/// secret part is not searched for.
fn normalized(query: &KeyQuery) -> KeyQuery {
    let typed = query.text.as_deref().map(str::trim);
    let text = typed.map(|text| match PlainKey::parse(text) {
        Ok(key) => key.prefix(),
        Err(_) => text.to_owned(),
    });
    KeyQuery {
        text,
        ..query.clone()
    }
}
