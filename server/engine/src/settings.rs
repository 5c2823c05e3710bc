//! The stories of an organization's settings.

use domain::command::ChangeOrganization;
use domain::event::{Event, Happening};
use domain::policy::{Action, permit};
use domain::view::OrganizationView;

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::fence::fence;
use crate::store::organizations;
use crate::{Engine, Error, Result};

impl Engine {
    /// The caller's organization.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn see_organization(&self, ctx: &Ctx) -> Result<OrganizationView> {
        let reach = permit(&ctx.actor, Action::SeeOrganization)?;
        organizations::find(&mut self.db().read().await?, reach.organization()).await?.ok_or(Error::NotFound)
    }

    /// Changes the caller's organization. Keys that are there already keep their ends (decision D17).
    ///
    /// # Errors
    /// `Denied`; `Unauthenticated` when the caller was ended meanwhile.
    pub async fn change_organization(&self, ctx: &Ctx, command: ChangeOrganization) -> Result<OrganizationView> {
        let reach = permit(&ctx.actor, Action::ChangeOrganization)?;
        let mut tx = self.db().begin().await?;
        fence(self, &mut tx, ctx).await?;
        let before = organizations::find(&mut tx, reach.organization()).await?.ok_or(Error::NotFound)?;
        let after = OrganizationView { max_key_days: command.max_key_days, ..before.clone() };
        if after == before {
            return Ok(before);
        }
        organizations::set_max_key_days(&mut tx, reach.organization(), after.max_key_days).await?;
        let [was, is] = [before.max_key_days, after.max_key_days].map(|days| days.map(|days| days.to_string()));
        let event = Event::new(Happening::OrganizationChanged, "organization", &after.id, &after.name).changed(
            "max_key_days",
            was.as_deref(),
            is.as_deref(),
        );
        journal(self, &mut tx, ctx, event).await?;
        tx.commit().await?;
        Ok(after)
    }
}
