//! Searching for a key.

use domain::{Code, OrganizationId};
use leptos::prelude::*;

use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::open;
use crate::routes::{Location, Screen};

/// Redirects to the list of keys that match a text. The form is posted, so that a whole key that
/// someone pastes never appears in a URL; the redirect contains only its public part.
///
/// # Errors
/// `BadRequest` when `page` is not the list of keys of this organization.
#[server(prefix = "/ui", endpoint = "find_keys")]
pub async fn find_keys(
    organization: String,
    page: String,
    #[server(default)] q: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let own: &OrganizationId = &ctx.actor().organization;
    let place = Location::parse(&page).filter(|place| place.screen == Screen::ApiKeys(own.clone()));
    let place = place.ok_or_else(|| context.problem(Code::BadRequest))?;
    Ok(FormResult::Redirect {
        to: place.with("q", Some(&q)).path(),
    })
}
