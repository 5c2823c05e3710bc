//! Searching a list.

use domain::Code;
use leptos::prelude::*;

use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::open;
use crate::routes::{Location, Screen};

/// Redirects to the rows of a list that match a text. The form is posted, so that a whole key that
/// someone pastes never appears in a URL; the redirect contains only its public part.
///
/// # Errors
/// `BadRequest` when `page` is no list of this organization that can be searched.
#[server(prefix = "/ui", endpoint = "search")]
pub async fn search(
    organization: String,
    page: String,
    #[server(default)] q: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let own = &ctx.actor().organization;
    let place = Location::parse(&page)
        .filter(|place| match &place.screen {
            Screen::ApiKeys(organization)
            | Screen::Consumers(organization)
            | Screen::Members(organization)
            | Screen::Search(organization) => organization == own,
            _ => false,
        })
        .ok_or_else(|| context.problem(Code::BadRequest))?;
    Ok(FormResult::Redirect {
        to: place.with("q", Some(&q)).path(),
    })
}
