//! Reading one consumer.

use domain::ActorId;
use domain::policy::{Action, permit};
use domain::view::ConsumerView;

use crate::ctx::Ctx;
use crate::store::actors;
use crate::{Engine, Error, Result};

impl Engine {
    /// One consumer.
    ///
    /// # Errors
    /// `NotFound` when the organization has no consumer of this id; `Denied` for members.
    pub async fn get_consumer(&self, ctx: &Ctx, id: ActorId) -> Result<ConsumerView> {
        let reach = permit(&ctx.actor, Action::ListConsumers)?;
        let found = actors::find_consumer(
            &mut self.db().read().await?,
            reach.organization(),
            ctx.now,
            id,
        )
        .await?;
        Ok(found.ok_or(Error::NotFound)?.consumer()?)
    }
}
