//! Reading one member.

use domain::ActorId;
use domain::policy::{Action, permit};
use domain::view::MemberView;

use super::view;
use crate::ctx::Ctx;
use crate::store::actors;
use crate::{Engine, Error, Result};

impl Engine {
    /// One member.
    ///
    /// # Errors
    /// `NotFound` when the organization has no member of this id; a service account is not a
    /// member.
    pub async fn get_member(&self, ctx: &Ctx, id: ActorId) -> Result<MemberView> {
        let reach = permit(&ctx.actor, Action::ListMembers)?;
        let found = actors::find_member(
            &mut self.db().read().await?,
            reach.organization(),
            ctx.now,
            id,
        )
        .await?;
        view(ctx, found.ok_or(Error::NotFound)?)
    }
}
