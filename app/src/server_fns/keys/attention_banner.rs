//! The banner above the list of keys that says which keys need attention, and dismissing it.

use domain::view::AttentionBanner;
use domain::{Code, OrganizationId, Problem};
use engine::Ctx;
use leptos::prelude::*;

use crate::form_error::{FormError, form_error};
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::routes::{Location, Screen};

/// The session's entry for dismissed reasons.
const DISMISSED: &str = "nudges";
/// The number of dismissed reasons that a session remembers; it forgets the oldest first.
const REMEMBERED: usize = 192;

/// What needs attention, unless the person dismissed all of it in this session.
///
/// # Errors
/// `Unavailable`.
pub async fn news(context: &PageContext, ctx: &Ctx) -> Result<Option<AttentionBanner>, Problem> {
    let attention_banner = context
        .engine
        .attention_banner(ctx)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let news =
        !attention_banner.reasons.is_empty() && attention_banner.is_news(&dismissed(context).await);
    Ok(news.then_some(attention_banner))
}

/// Dismisses the banner until there is another reason. Only the session remembers it.
///
/// # Errors
/// `BadRequest` when `page` is not the list of keys of this organization.
#[server(prefix = "/ui", endpoint = "dismiss_nudges")]
pub async fn dismiss_nudges(organization: String, page: String) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let own: &OrganizationId = &ctx.actor().organization;
    let place = Location::parse(&page).filter(|place| place.screen == Screen::ApiKeys(own.clone()));
    let place = place.ok_or_else(|| context.problem(Code::BadRequest))?;
    let marks = context
        .engine
        .attention_banner(&ctx)
        .await
        .map_err(form_error(&context))?
        .marks();
    let mut all = dismissed(&context).await;
    all.retain(|mark| !marks.contains(mark));
    all.extend(marks);
    let all = all.split_off(all.len().saturating_sub(REMEMBERED));
    if let Err(error) = context.session.insert(DISMISSED, all).await {
        let trace_id = context.origin.trace_field();
        tracing::warn!(request_id = context.origin.request_id, trace_id, %error, "the dismissed reasons were not stored");
    }
    Ok(FormResult::Redirect { to: place.path() })
}

async fn dismissed(context: &PageContext) -> Vec<i64> {
    context
        .session
        .get(DISMISSED)
        .await
        .ok()
        .flatten()
        .unwrap_or_default()
}
