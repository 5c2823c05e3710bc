//! The choice of the owner of a new key, for people who manage service accounts.

use domain::policy::{Action, Grant, decide};
use domain::view::ServiceAccount;
use domain::{ActorId, Problem};
use leptos::prelude::*;

use super::super::fault_line;
use super::KeyForm;
use crate::components::frame::OrganizationPage;
use crate::request::PageContext;
use crate::words;

/// Service accounts that the form offers, the newest first.
const OFFERED: i64 = 100;

/// An owner that the form offers.
pub struct Owner {
    id: ActorId,
    name: String,
    /// Whether it has the one active key that it can have.
    is_taken: bool,
}

/// The service accounts whose keys the person can create; none for people who cannot.
///
/// # Errors
/// `Unavailable`.
pub async fn owners(context: &PageContext, room: &OrganizationPage) -> Result<Vec<Owner>, Problem> {
    let role = room.ctx.actor().role;
    if decide(role, Action::ManageServiceAccounts) == Grant::No {
        return Ok(Vec::new());
    }
    let accounts = context
        .engine
        .list_service_accounts(&room.ctx, None, OFFERED)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let may_own = |account: &ServiceAccount| !account.is_disabled && account.role <= role;
    Ok(accounts
        .rows
        .into_iter()
        .filter(may_own)
        .map(|account| Owner {
            id: account.actor_id,
            is_taken: account.active_keys > 0 && !account.allow_overlap,
            name: account.name,
        })
        .collect())
}

/// The choice. `None` if the owner is fixed.
pub fn owner(form: &KeyForm) -> Option<AnyView> {
    if form.owners.is_empty() {
        return None;
    }
    let chosen = form.input.value("actor_id");
    let option = |owner: &Owner| {
        let id = owner.id.to_string();
        let text = if owner.is_taken {
            words::create_key::has_its_key(&owner.name)
        } else {
            owner.name.clone()
        };
        view! {
            <option
                selected=id == chosen
                value=id
                disabled=owner.is_taken
                data-acts=owner.name.clone()
            >{text}</option>
        }
    };
    let fault = form.input.fault("actor_id");
    Some(
        view! {
            <div class="field">
                <label for="actor_id">{words::labels::OWNER}</label>
                <select
                    class="input"
                    id="actor_id"
                    name="actor_id"
                    aria-describedby="actor_id-error actor_id-hint"
                    aria-invalid=fault.is_some().then_some("true")
                >
                    <option value="" data-acts=form.acts_as.clone()>{words::create_key::me(&form.acts_as)}</option>
                    {form.owners.iter().map(option).collect_view()}
                </select>
                {fault_line("actor_id", fault)}
                <p class="hint" id="actor_id-hint">{words::create_key::OWNER_HINT}</p>
            </div>
        }
        .into_any(),
    )
}
