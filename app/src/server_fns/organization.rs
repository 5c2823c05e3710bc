//! Server functions for organizations.

use std::collections::BTreeMap;

use domain::command::{
    ChangeOrganization as Changing, CreateOrganization as Creating, FoundOrganization as Founding,
    OrganizationDraft,
};
use domain::{Fault, FieldFault, Name, OrganizationId};
use engine::attempts::{Client, Kind};
use engine::people::Person;
use leptos::prelude::*;

use crate::flash::{Flash, OrganizationNotice, OrganizationSettingSaved};
use crate::form_error::{FormError, form_error};
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
use crate::routes::{Location, Screen};
use crate::words;

/// Creates the first organization. The person becomes its owner.
///
/// # Errors
/// A problem that names the invalid fields; `AlreadyBootstrapped` once an organization exists.
#[server(prefix = "/ui", endpoint = "found_organization")]
pub async fn found_organization(
    organization: String,
    #[server(default)] name: String,
    #[server(default)] setup_token: String,
) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let caller = context.person()?;
    let is_setup_token = try_setup_token(&context, setup_token.trim()).await?;
    let person = context
        .engine
        .get_person(caller.person)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let command = read_founding(person, &organization, &name, is_setup_token)
        .map_err(|faults| context.invalid(faults))?;
    let made = context
        .engine
        .bootstrap_as_person(caller.person, &command, context.origin.clone())
        .await;
    let organization = made.map_err(form_error(&context))?;
    context
        .set_flash(Flash::Moved(OrganizationNotice::Created))
        .await;
    Ok(invite_first(organization))
}

/// After creating an organization, the person can invite its first members.
fn invite_first(organization: OrganizationId) -> FormResult {
    let invite = Location::top(Screen::InviteMember(organization));
    FormResult::Redirect {
        to: invite.with("first", Some("true")).path(),
    }
}

/// Reads the fields of the form for the first organization. Without a name in the form, its owner
/// gets the name of the person.
fn read_founding(
    person: Person,
    organization: &str,
    name: &str,
    is_setup_token: bool,
) -> Result<Founding, Vec<FieldFault>> {
    let owner = match name.trim() {
        "" => person.name.as_str(),
        _ => name,
    };
    let mut faults = Vec::new();
    let mut read = |field: &str, text: &str| {
        Name::parse(text)
            .map_err(|fault| faults.push(FieldFault::new(field, fault)))
            .ok()
    };
    let (organization, owner) = (
        read("organization", organization),
        read("name", owner),
    );
    if !is_setup_token {
        faults.push(FieldFault::new("setup_token", Fault::WrongSetupToken));
    }
    match (organization, owner) {
        (Some(organization), Some(owner)) if faults.is_empty() => Ok(Founding {
            organization,
            owner,
            email: person.email.unwrap_or_default(),
        }),
        _ => Err(faults),
    }
}

/// Whether a text is the setup token, or none is needed. Fails after too many wrong attempts.
async fn try_setup_token(context: &PageContext, token: &str) -> Result<bool, FormError> {
    if !context.site_config.setup_token_needed {
        return Ok(true);
    }
    let begun = context
        .engine
        .attempts()
        .begin(
            Kind::SetupToken,
            Client::of(&context.origin),
            token.as_bytes(),
        )
        .await;
    let attempt = begun.map_err(form_error(context))?;
    let is_good = (context.site_config.check_setup_token)(token);
    if is_good {
        attempt.passed()
    } else {
        attempt.failed()
    }
    Ok(is_good)
}

/// Creates another organization. Only a member of an organization can do so, and becomes the owner
/// of the new one.
///
/// # Errors
/// A problem that names the invalid field; `Forbidden` for a person without an organization.
#[server(prefix = "/ui", endpoint = "create_organization")]
pub async fn create_organization(name: String) -> Result<FormResult, FormError> {
    let context = PageContext::here()?;
    let caller = context.person()?;
    let command =
        Creating::read(&name).map_err(|faults| context.invalid(organization_named(faults)))?;
    let made = context
        .engine
        .create_organization(caller, &command, context.origin.clone())
        .await;
    let organization = made.map_err(form_error(&context))?;
    context
        .set_flash(Flash::Moved(OrganizationNotice::Created))
        .await;
    Ok(invite_first(organization))
}

/// Renames the organization.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "rename_organization")]
pub async fn rename_organization(
    organization: String,
    name: String,
) -> Result<FormResult, FormError> {
    change(
        &organization,
        OrganizationDraft {
            name: Some(&name),
            ..OrganizationDraft::default()
        },
    )
    .await
}

/// A number of days, or none if the field is blank.
fn read_days(text: &str) -> Option<i64> {
    match text.trim() {
        "" => None,
        // A text that is not a number is out of range, like 0.
        text => Some(text.parse().unwrap_or(0)),
    }
}

/// Sets the rules for keys: who can create them, whether keys can, the maximum lifetime of new keys
/// and the expiration that forms preselect, in days; blank for none. A rule that is missing, or that
/// is as in `before`, stays as it is.
///
/// # Errors
/// A problem that names the invalid fields.
#[server(prefix = "/ui", endpoint = "change_key_rules")]
pub async fn change_key_rules(
    organization: String,
    #[server(default)] key_makers: Option<String>,
    #[server(default)] keys_make_keys: Option<bool>,
    #[server(default)] max_key_days: String,
    #[server(default)] default_key_days: String,
    #[server(default)] before: BTreeMap<String, String>,
) -> Result<FormResult, FormError> {
    // A blank field and a missing one read the same, so only `before` tells them apart.
    let differs = |name: &str, value: &str| {
        before.get(name).map_or_else(
            || !value.is_empty(),
            |before| before.trim() != value.trim(),
        )
    };
    let days = |name: &str, value: &str| differs(name, value).then(|| read_days(value));
    let draft = OrganizationDraft {
        name: None,
        key_makers: key_makers
            .as_deref()
            .filter(|value| differs("key_makers", value)),
        keys_make_keys: keys_make_keys
            .filter(|value| differs("keys_make_keys", &value.to_string())),
        max_key_days: days("max_key_days", &max_key_days),
        default_key_days: days("default_key_days", &default_key_days),
    };
    change(&organization, draft).await
}

async fn change(organization: &str, draft: OrganizationDraft<'_>) -> Result<FormResult, FormError> {
    let (context, ctx) = open(organization).await?;
    let command =
        Changing::read(&draft).map_err(|faults| context.invalid(organization_named(faults)))?;
    context
        .engine
        .change_organization(&ctx, command)
        .await
        .map_err(form_error(&context))?;
    let setting = match draft {
        OrganizationDraft { name: Some(_), .. } => OrganizationSettingSaved::Name,
        OrganizationDraft {
            key_makers: None,
            keys_make_keys: None,
            max_key_days: None,
            default_key_days: None,
            ..
        } => OrganizationSettingSaved::Nothing,
        _ => OrganizationSettingSaved::KeyRules,
    };
    context
        .set_flash(Flash::Organization(setting))
        .await;
    Ok(FormResult::Redirect {
        to: Screen::Settings(ctx.actor().organization.clone()).path(),
    })
}

/// The invalid fields. The message for a missing name speaks of an organization, not of a key.
fn organization_named(faults: Vec<FieldFault>) -> Vec<FieldFault> {
    let named = |fault: FieldFault| match (fault.field.as_str(), &fault.fault) {
        ("name", Fault::Missing) => FieldFault {
            message: words::organization::NAME_MISSING.into(),
            ..fault
        },
        _ => fault,
    };
    faults.into_iter().map(named).collect()
}
