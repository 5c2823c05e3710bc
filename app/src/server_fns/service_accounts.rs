//! Server functions for service accounts.

use domain::command;
use domain::{Code, Fault, FieldFault};
use leptos::prelude::*;

use crate::flash::{AccountNotice, Flash};
use crate::form_error::FormError;
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::routes::Screen;
use crate::words;

/// Creates a service account. It has no key yet.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "create_service_account")]
pub async fn create_service_account(
    organization: String,
    name: String,
    role: String,
    #[server(default)] allow_overlap: bool,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let command = command::CreateServiceAccount::read(&name, Some(&role), allow_overlap);
    let command = command.map_err(|faults| invalid(&context, faults))?;
    let account = context
        .engine
        .create_service_account(&ctx, command)
        .await
        .map_err(|error| context.to_problem(&error))?;
    context
        .set_flash(Flash::Account(AccountNotice::Created))
        .await;
    Ok(FormResult::Redirect {
        to: Screen::ServiceAccount(ctx.actor().organization.clone(), account.actor_id).path(),
    })
}

/// Renames a service account.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "rename_service_account")]
pub async fn rename_service_account(
    organization: String,
    actor_id: String,
    name: String,
) -> Result<FormResult, FormError> {
    change(
        &organization,
        &actor_id,
        RequestedChange {
            name: Some(&name),
            ..RequestedChange::default()
        },
    )
    .await
}

/// Changes the role of a service account, whether it can have several active keys, or whether it is
/// disabled.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "change_service_account")]
pub async fn change_service_account(
    organization: String,
    actor_id: String,
    #[server(default)] role: Option<String>,
    #[server(default)] allow_overlap: Option<bool>,
    #[server(default)] disabled: Option<bool>,
) -> Result<FormResult, FormError> {
    change(
        &organization,
        &actor_id,
        RequestedChange {
            name: None,
            role: role.as_deref(),
            allow_overlap,
            disabled,
        },
    )
    .await
}

/// The change that a form requests. Settings that it does not name stay as they are.
#[derive(Default)]
struct RequestedChange<'a> {
    name: Option<&'a str>,
    role: Option<&'a str>,
    allow_overlap: Option<bool>,
    disabled: Option<bool>,
}

async fn change(
    organization: &str,
    actor: &str,
    request: RequestedChange<'_>,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(organization).await?;
    let actor = actor
        .parse()
        .map_err(|_| context.problem(Code::NotFound))?;
    let RequestedChange {
        name,
        role,
        allow_overlap,
        disabled,
    } = request;
    let command = command::ChangeServiceAccount::read(actor, name, role, disabled, allow_overlap);
    let command = command.map_err(|faults| invalid(&context, faults))?;
    context
        .engine
        .change_service_account(&ctx, command)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let notice = match disabled {
        Some(true) => AccountNotice::Disabled,
        Some(false) => AccountNotice::Enabled,
        None => AccountNotice::Changed,
    };
    context.set_flash(Flash::Account(notice)).await;
    Ok(FormResult::Redirect {
        to: Screen::ServiceAccount(ctx.actor().organization.clone(), actor).path(),
    })
}

/// The invalid fields. The message for a missing name speaks of a service account, not of a key.
fn invalid(context: &PageContext, faults: Vec<FieldFault>) -> domain::Problem {
    let reword = |fault: FieldFault| match (fault.field.as_str(), &fault.fault) {
        ("name", Fault::Missing) => FieldFault {
            message: words::service_accounts::NAME_MISSING.into(),
            ..fault
        },
        _ => fault,
    };
    context.invalid(faults.into_iter().map(reword).collect())
}
