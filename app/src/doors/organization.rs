//! The doors of organizations.

use domain::command::{ChangeOrganization as Changing, FoundOrganization as Founding, OrganizationDraft};
use domain::{Fault, FieldFault, Name};
use leptos::prelude::*;

use super::{Done, Flash, Refusal, Visit, open};
use crate::routes::Screen;

/// Makes the first organization; the person becomes its owner.
///
/// # Errors
/// A problem that names the fields at fault; `AlreadyBootstrapped` once an organization exists.
#[server(prefix = "/ui", endpoint = "found_organization")]
pub async fn found_organization(
    organization: String,
    #[server(default)] name: String,
    #[server(default)] setup_token: String,
) -> Result<Done, Refusal> {
    let visit = Visit::here()?;
    let caller = visit.person()?;
    let person = visit.engine.get_person(caller.person).await.map_err(|error| visit.tell(&error))?;
    let owner = if name.trim().is_empty() { &person.name } else { &name };
    let mut faults = Vec::new();
    let mut read =
        |field: &str, text: &str| Name::parse(text).map_err(|fault| faults.push(FieldFault::new(field, fault))).ok();
    let (organization, owner) = (read("organization", &organization), read("name", owner));
    if visit.installation.setup_token_needed && !(visit.installation.check_setup_token)(setup_token.trim()) {
        faults.push(FieldFault::new("setup_token", Fault::WrongSetupToken));
    }
    let (Some(organization), Some(owner), true) = (organization, owner, faults.is_empty()) else {
        return Err(visit.invalid(faults).into());
    };
    let command = Founding { organization, owner, email: person.email.unwrap_or_default() };
    let made = visit.engine.found_organization(caller.person, &command, visit.origin.clone()).await;
    Ok(Done { to: Screen::ApiKeys(made.map_err(|error| visit.tell(&error))?).path() })
}

/// Sets the longest lifetime of new keys, in days; blank for no limit. Keys that are there keep their ends.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "change_organization")]
pub async fn change_organization(
    organization: String,
    #[server(default)] max_key_days: String,
) -> Result<Done, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let days = match max_key_days.trim() {
        "" => None,
        // What is no number is out of range as well.
        text => Some(text.parse().unwrap_or(0)),
    };
    let draft = OrganizationDraft { max_key_days: Some(days), ..OrganizationDraft::default() };
    let command = Changing::read(&draft).map_err(|faults| visit.invalid(faults))?;
    visit.engine.change_organization(&ctx, command).await.map_err(|error| visit.tell(&error))?;
    visit.leave(Flash::Organization).await;
    Ok(Done { to: Screen::Settings(ctx.actor().organization.clone()).path() })
}
