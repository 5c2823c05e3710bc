//! Reading one API.

use domain::Slug;
use domain::policy::{Action, permit};
use domain::view::ApiView;

use crate::ctx::Ctx;
use crate::store::apis;
use crate::{Engine, Error, Result};

impl Engine {
    /// One API.
    ///
    /// # Errors
    /// `NotFound` when the organization has no API of this slug.
    pub async fn get_api(&self, ctx: &Ctx, slug: &Slug) -> Result<ApiView> {
        let reach = permit(&ctx.actor, Action::ListApis)?;
        let shows_creator = permit(&ctx.actor, Action::SeeCreators).is_ok();
        let found = apis::find_listed(
            &mut self.db().read().await?,
            reach.organization(),
            slug,
            ctx.now,
        )
        .await?;
        Ok(found
            .ok_or(Error::NotFound)?
            .view(shows_creator)?)
    }
}
