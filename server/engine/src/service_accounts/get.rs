//! Reading one service account.

use domain::ActorId;
use domain::policy::{Action, permit};
use domain::view::ServiceAccount;

use crate::ctx::Ctx;
use crate::store::actors;
use crate::{Engine, Error, Result};

impl Engine {
    /// One service account.
    ///
    /// # Errors
    /// `NotFound` when the organization has no service account of this id; a member is not a
    /// service account.
    pub async fn get_service_account(&self, ctx: &Ctx, id: ActorId) -> Result<ServiceAccount> {
        let reach = permit(&ctx.actor, Action::ListServiceAccounts)?;
        let found = actors::find_service(
            &mut self.db().read().await?,
            reach.organization(),
            ctx.now,
            id,
        )
        .await?;
        Ok(found.ok_or(Error::NotFound)?.service_account()?)
    }
}
