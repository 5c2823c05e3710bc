//! Looking for a key.

use domain::{Code, OrganizationId};
use leptos::prelude::*;

use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::open;
use crate::routes::{Location, Screen};

/// Leads to the list of keys that fit a text. It is a form that is posted, so that a whole key that is pasted never
/// stands in an address; only its public part goes on.
///
/// # Errors
/// `BadRequest` when `page` is no list of keys of this organization.
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
    Ok(FormResult::Redirect { to: place.with("q", Some(&q)).path() })
}
