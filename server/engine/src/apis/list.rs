//! Listing APIs.

use domain::policy::{Action, permit};
use domain::view::{ApiView, Page};

use crate::ctx::Ctx;
use crate::store::apis;
use crate::{Engine, Result};

impl Engine {
    /// The organization's APIs, newest first, also those that are archived.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_apis(
        &self,
        ctx: &Ctx,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Page<ApiView>> {
        let reach = permit(&ctx.actor, Action::ListApis)?;
        let shows_creator = permit(&ctx.actor, Action::SeeCreators).is_ok();
        let mut connection = self.db().read().await?;
        let rows = apis::list(
            &mut connection,
            reach.organization(),
            ctx.now,
            before.unwrap_or(i64::MAX),
            limit + 1,
        )
        .await?;
        Ok(Page::cut(rows, limit, |row| row.api.id).try_map(|row| row.view(shows_creator))?)
    }
}
