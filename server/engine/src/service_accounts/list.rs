//! Listing service accounts.

use domain::policy::{Action, permit};
use domain::view::{Page, ServiceAccount};

use crate::ctx::Ctx;
use crate::store::actors::{self, CreatedActorRow};
use crate::{Engine, Result};

impl Engine {
    /// The organization's service accounts, newest first.
    ///
    /// # Errors
    /// `Denied` for members.
    pub async fn list_service_accounts(
        &self,
        ctx: &Ctx,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Page<ServiceAccount>> {
        let reach = permit(&ctx.actor, Action::ListServiceAccounts)?;
        let mut connection = self.db().read().await?;
        let before = before.unwrap_or(i64::MAX);
        let rows = actors::list_services(
            &mut connection,
            reach.organization(),
            ctx.now,
            before,
            limit + 1,
        )
        .await?;
        Ok(Page::cut(rows, limit, |row| row.actor.id).try_map(CreatedActorRow::service_account)?)
    }
    /// The newest of the service accounts whose name contains a text, in any case.
    ///
    /// # Errors
    /// `Denied` for members.
    pub async fn search_service_accounts(
        &self,
        ctx: &Ctx,
        text: &str,
        limit: i64,
    ) -> Result<Vec<ServiceAccount>> {
        let reach = permit(&ctx.actor, Action::ListServiceAccounts)?;
        let mut connection = self.db().read().await?;
        let rows = actors::search_services(
            &mut connection,
            reach.organization(),
            ctx.now,
            text,
            limit,
        )
        .await?;
        let found = rows
            .into_iter()
            .map(CreatedActorRow::service_account);
        Ok(found.collect::<std::result::Result<_, _>>()?)
    }
}
