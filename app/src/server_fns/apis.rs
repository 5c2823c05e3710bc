//! Server functions for the APIs that the organization protects with keys.

use domain::command::{self, ApiDraft};
use domain::{Fault, FieldFault};
use leptos::prelude::*;

use crate::flash::Flash;
use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::open;
use crate::routes::Screen;
use crate::words;

/// Registers an API. `scopes` has one scope a line: its word, and after a space what it allows. An
/// empty `key_prefix` stands for the default.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "create_api")]
pub async fn create_api(
    organization: String,
    name: String,
    slug: String,
    #[server(default)] key_prefix: String,
    #[server(default)] scopes: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let prefix = key_prefix.trim();
    let draft = ApiDraft {
        name: Some(&name),
        slug: slug.trim(),
        key_prefix: (!prefix.is_empty()).then_some(prefix),
        ..ApiDraft::default()
    };
    let command = command::CreateApi::read_form(draft, &scopes)
        .map_err(|faults| context.invalid(faults.into_iter().map(reword).collect()))?;
    let api = context
        .engine
        .create_api(&ctx, command)
        .await
        .map_err(|error| context.to_problem(&error))?;
    context.set_flash(Flash::ApiCreated).await;
    Ok(FormResult::Redirect {
        to: Screen::Api(ctx.actor().organization.clone(), api.slug).path(),
    })
}

/// The fault in the words of the form. Its summary shows the sentences without the labels.
fn reword(fault: FieldFault) -> FieldFault {
    let message = match (fault.field.as_str(), &fault.fault) {
        ("name", Fault::Missing) => words::apis::NAME_MISSING,
        ("slug", Fault::NotASlug) => words::apis::NOT_A_SLUG,
        ("scopes", Fault::NotAScopeWord) => words::apis::NOT_A_PERMISSION,
        ("scopes", Fault::Repeated) => words::apis::PERMISSION_TWICE,
        _ => return fault,
    };
    FieldFault {
        message: message.into(),
        ..fault
    }
}
