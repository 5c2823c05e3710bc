//! The element that gives the browser the URL of live updates. Without script it has no effect.

use domain::event::EventCategory;
use domain::{KeyId, OrganizationId, Problem};
use engine::Ctx;
use leptos::prelude::*;

use crate::request::PageContext;
use crate::routes::{LIVE, Location};

/// The state of a page. Set it before reading the data of the page, so that no change is missed.
#[derive(Clone)]
pub struct Mark {
    address: String,
}

impl Mark {
    /// The mark of a list.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn set(
        context: &PageContext,
        ctx: &Ctx,
        category: EventCategory,
    ) -> Result<Self, Problem> {
        let since = context
            .engine
            .newest_change(ctx, category)
            .await
            .map_err(|error| context.to_problem(&error))?;
        Ok(Self::at(ctx, &format!("since={since}&")))
    }

    /// The mark of a page on which only the use of keys changes.
    pub fn of_uses(ctx: &Ctx) -> Self {
        Self::at(ctx, "")
    }

    fn at(ctx: &Ctx, since: &str) -> Self {
        let organization: &OrganizationId = &ctx.actor().organization;
        let path = LIVE.replace("{organization}", organization.as_str());
        Self {
            address: format!("{path}?{since}rendered_at={}", ctx.now().0),
        }
    }

    /// The empty line above a list that later says that the list changed, with a link to reload a
    /// location.
    pub fn line(&self, place: &Location) -> impl IntoView + use<> {
        view! { <p class="news" role="status" data-live=self.address.clone() data-here=place.path()></p> }
    }

    /// The same on the page of a key, which later says that the key is no longer active.
    pub fn line_of_key(&self, place: &Location, key: KeyId) -> impl IntoView + use<> {
        view! { <p class="news" role="status" data-live=self.address.clone() data-here=place.path() data-key=key.to_string()></p> }
    }

    /// The mark on a page without a list.
    pub fn hidden(&self) -> impl IntoView + use<> {
        view! { <div hidden data-live=self.address.clone()></div> }
    }
}
