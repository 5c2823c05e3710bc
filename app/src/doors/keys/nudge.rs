//! The line above the list of keys that says what needs attention, and putting it away.

use domain::view::Nudge;
use domain::{Code, OrganizationId, Problem};
use engine::Ctx;
use leptos::prelude::*;

use super::super::{Done, Refusal, Visit, open, told};
use crate::routes::{Place, Screen};

/// Where a session keeps what was put away.
const DISMISSED: &str = "nudges";
/// Reasons that a session remembers, the last ones.
const REMEMBERED: usize = 192;

/// What needs attention, unless all of it was put away in this session.
///
/// # Errors
/// `Unavailable`.
pub async fn news(visit: &Visit, ctx: &Ctx) -> Result<Option<Nudge>, Problem> {
    let nudge = visit.engine.nudge(ctx).await.map_err(|error| visit.tell(&error))?;
    let news = !nudge.reasons.is_empty() && nudge.is_news(&dismissed(visit).await);
    Ok(news.then_some(nudge))
}

/// Puts the line away until there is another reason. It is remembered in the session alone.
///
/// # Errors
/// `BadRequest` when `page` is no list of keys of this organization.
#[server(prefix = "/ui", endpoint = "dismiss_nudges")]
pub async fn dismiss_nudges(organization: String, page: String) -> Result<Done, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let own: &OrganizationId = &ctx.actor().organization;
    let place = Place::parse(&page).filter(|place| place.screen == Screen::ApiKeys(own.clone()));
    let place = place.ok_or_else(|| visit.problem(Code::BadRequest))?;
    let marks = visit.engine.nudge(&ctx).await.map_err(told(&visit))?.marks();
    let mut all = dismissed(&visit).await;
    all.retain(|mark| !marks.contains(mark));
    all.extend(marks);
    let all = all.split_off(all.len().saturating_sub(REMEMBERED));
    if let Err(error) = visit.session.insert(DISMISSED, all).await {
        tracing::warn!(request_id = visit.origin.request_id, %error, "what was dismissed was not kept");
    }
    Ok(Done { to: place.path() })
}

async fn dismissed(visit: &Visit) -> Vec<i64> {
    visit.session.get(DISMISSED).await.ok().flatten().unwrap_or_default()
}
