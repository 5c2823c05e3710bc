//! The doors of organizations.

use domain::command::{
    ChangeOrganization as Changing, CreateOrganization as Creating, FoundOrganization as Founding, OrganizationDraft,
};
use domain::{Fault, FieldFault, Name};
use engine::attempts::{Client, Kind};
use leptos::prelude::*;

use crate::flash::{Flash, OrganizationNotice, OrganizationSettingSaved};
use crate::form_error::{FormError, form_error};
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::routes::Screen;
use crate::words;

/// Makes the first organization; the person becomes its owner.
///
/// # Errors
/// A problem that names the fields at fault; `AlreadyBootstrapped` once an organization exists.
#[server(prefix = "/ui", endpoint = "found_organization")]
pub async fn found_organization(
    organization: String,
    #[server(default)] name: String,
    #[server(default)] setup_token: String,
) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let caller = context.person()?;
    let is_setup_token = try_setup_token(&context, setup_token.trim()).await?;
    let person = context.engine.get_person(caller.person).await.map_err(|error| context.to_problem(&error))?;
    let owner = if name.trim().is_empty() { &person.name } else { &name };
    let mut faults = Vec::new();
    let mut read =
        |field: &str, text: &str| Name::parse(text).map_err(|fault| faults.push(FieldFault::new(field, fault))).ok();
    let (organization, owner) = (read("organization", &organization), read("name", owner));
    if !is_setup_token {
        faults.push(FieldFault::new("setup_token", Fault::WrongSetupToken));
    }
    let (Some(organization), Some(owner), true) = (organization, owner, faults.is_empty()) else {
        return Err(context.invalid(faults).into());
    };
    let command = Founding { organization, owner, email: person.email.unwrap_or_default() };
    let made = context.engine.bootstrap_as_person(caller.person, &command, context.origin.clone()).await;
    let organization = made.map_err(form_error(&context))?;
    context.set_flash(Flash::Moved(OrganizationNotice::Founded)).await;
    Ok(FormResult::Redirect { to: Screen::ApiKeys(organization).path() })
}

/// Whether a text is the setup token, where one is needed; unless too many were tried before.
async fn try_setup_token(context: &PageContext, token: &str) -> Result<bool, FormError> {
    if !context.site_config.setup_token_needed {
        return Ok(true);
    }
    let begun = context.engine.attempts().begin(Kind::SetupToken, Client::of(&context.origin), token.as_bytes()).await;
    let attempt = begun.map_err(form_error(context))?;
    let is_good = (context.site_config.check_setup_token)(token);
    if is_good {
        attempt.passed()
    } else {
        attempt.failed()
    }
    Ok(is_good)
}

/// Makes a further organization for a member of one; they are its owner (KE-05).
///
/// # Errors
/// A problem that names the field at fault; `Forbidden` for a person without any organization.
#[server(prefix = "/ui", endpoint = "create_organization")]
pub async fn create_organization(name: String) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let caller = context.person()?;
    let command = Creating::read(&name).map_err(|faults| context.invalid(organization_named(faults)))?;
    let made = context.engine.create_organization(caller, &command, context.origin.clone()).await;
    let organization = made.map_err(form_error(&context))?;
    context.set_flash(Flash::Moved(OrganizationNotice::Founded)).await;
    Ok(FormResult::Redirect { to: Screen::ApiKeys(organization).path() })
}

/// Gives the organization another name.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "rename_organization")]
pub async fn rename_organization(organization: String, name: String) -> Result<FormResult, FormError> {
    change(&organization, OrganizationDraft { name: Some(&name), ..OrganizationDraft::default() }).await
}

/// Sets the longest lifetime of new keys, in days; blank for no limit. Keys that are there keep their ends.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "limit_key_lifetime")]
pub async fn limit_key_lifetime(
    organization: String,
    #[server(default)] max_key_days: String,
) -> Result<FormResult, FormError> {
    let days = match max_key_days.trim() {
        "" => None,
        // What is no number is out of range as well.
        text => Some(text.parse().unwrap_or(0)),
    };
    change(&organization, OrganizationDraft { max_key_days: Some(days), ..OrganizationDraft::default() }).await
}

/// Says who may make keys, or whether keys may make keys.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "change_key_rules")]
pub async fn change_key_rules(
    organization: String,
    #[server(default)] key_makers: Option<String>,
    #[server(default)] keys_make_keys: Option<bool>,
) -> Result<FormResult, FormError> {
    let key_makers = key_makers.as_deref();
    change(&organization, OrganizationDraft { key_makers, keys_make_keys, ..OrganizationDraft::default() }).await
}

async fn change(organization: &str, draft: OrganizationDraft<'_>) -> Result<FormResult, FormError> {
    let (context, ctx) = open(organization).await?;
    let command = Changing::read(&draft).map_err(|faults| context.invalid(organization_named(faults)))?;
    context.engine.change_organization(&ctx, command).await.map_err(form_error(&context))?;
    let kept = match draft {
        OrganizationDraft { name: Some(_), .. } => OrganizationSettingSaved::Name,
        OrganizationDraft { max_key_days: Some(_), .. } => OrganizationSettingSaved::Lifetime,
        _ => OrganizationSettingSaved::Makers,
    };
    context.set_flash(Flash::Organization(kept)).await;
    Ok(FormResult::Redirect { to: Screen::Settings(ctx.actor().organization.clone()).path() })
}

/// The fields at fault. A missing name is told as that of an organization, not of a key.
fn organization_named(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let named = |fault: FieldFault| match (fault.field.as_str(), &fault.fault) {
        ("name", Fault::Missing) => FieldFault { message: words::organization::NAME_MISSING.into(), ..fault },
        _ => fault,
    };
    faults.into_iter().map(named).collect()
}
