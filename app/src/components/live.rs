//! What tells the browser where to hear what moves on a page. Without script it is nothing.

use domain::event::EventCategory;
use domain::{OrganizationId, Problem};
use engine::Ctx;
use leptos::prelude::*;

use crate::islands::live::LiveMarks;
use crate::request::PageContext;
use crate::routes::{LIVE, Location};

/// What a page shows at the moment; made before anything that it shows is read.
#[derive(Clone)]
pub struct Mark {
    address: String,
}

impl Mark {
    /// The mark of a list.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn set(context: &PageContext, ctx: &Ctx, category: EventCategory) -> Result<Self, Problem> {
        let since = context.engine.newest_change(ctx, category).await.map_err(|error| context.to_problem(&error))?;
        Ok(Self::at(ctx, &format!("since={since}&")))
    }

    /// The mark of a page on which only uses move.
    pub fn of_uses(ctx: &Ctx) -> Self {
        Self::at(ctx, "")
    }

    fn at(ctx: &Ctx, since: &str) -> Self {
        let organization: &OrganizationId = &ctx.actor().organization;
        let path = LIVE.replace("{organization}", organization.as_str());
        Self { address: format!("{path}?{since}drawn={}", ctx.now().0) }
    }

    /// The line that says that a list is not any more what it was, as long as it is empty; the link on it leads to a
    /// place. It stands above the list.
    pub fn line(&self, place: &Location) -> impl IntoView + use<> {
        view! { <p class="news" role="status" data-live=self.address.clone() data-here=place.path()></p> }
    }

    /// The same where no list is.
    pub fn hidden(&self) -> impl IntoView + use<> {
        view! { <div hidden data-live=self.address.clone()></div><LiveMarks/> }
    }
}
