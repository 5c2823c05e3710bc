//! Listing consumers.

use domain::command::ConsumerQuery;
use domain::policy::{Action, permit};
use domain::view::{ConsumerView, Page};

use crate::ctx::Ctx;
use crate::store::actors::{self, CreatedActorRow};
use crate::{Engine, Result};

impl Engine {
    /// The organization's consumers that match the query, newest first.
    ///
    /// # Errors
    /// `Denied` for members.
    pub async fn list_consumers(
        &self,
        ctx: &Ctx,
        query: &ConsumerQuery,
        limit: i64,
    ) -> Result<Page<ConsumerView>> {
        let reach = permit(&ctx.actor, Action::ListConsumers)?;
        let mut connection = self.db().read().await?;
        let rows = actors::list_consumers(
            &mut connection,
            reach.organization(),
            ctx.now,
            query,
            limit + 1,
        )
        .await?;
        Ok(Page::cut(rows, limit, |row| row.actor.id).try_map(CreatedActorRow::consumer)?)
    }
}
