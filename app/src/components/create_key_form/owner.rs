//! The choice of the owner of a new key, for people who manage service accounts.

use domain::policy::{Action, Grant, decide};
use domain::view::ServiceAccount;
use domain::{ActorId, Problem, Role};
use leptos::prelude::*;

use super::super::fault_line;
use super::KeyForm;
use crate::components::frame::OrganizationPage;
use crate::components::service_accounts::ROLES;
use crate::request::PageContext;
use crate::server_fns::keys::create::NEW_ACCOUNT;
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

/// The service accounts whose keys the person can create. `None` for people who manage none.
///
/// # Errors
/// `Unavailable`.
pub async fn owners(
    context: &PageContext,
    room: &OrganizationPage,
) -> Result<Option<Vec<Owner>>, Problem> {
    let role = room.ctx.actor().role;
    if decide(role, Action::ManageServiceAccounts) == Grant::No {
        return Ok(None);
    }
    let accounts = context
        .engine
        .list_service_accounts(&room.ctx, None, OFFERED)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let may_own = |account: &ServiceAccount| !account.is_disabled && account.role <= role;
    let owners = accounts
        .rows
        .into_iter()
        .filter(may_own)
        .map(|account| Owner {
            id: account.actor_id,
            is_taken: account.active_keys > 0 && !account.allow_overlap,
            name: account.name,
        });
    Ok(Some(owners.collect()))
}

/// The choice. `None` if the owner is fixed.
pub fn owner(form: &KeyForm) -> Option<AnyView> {
    let owners = form.owners.as_ref()?;
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
                    {owners.iter().map(option).collect_view()}
                    <option
                        selected=chosen == NEW_ACCOUNT
                        value=NEW_ACCOUNT
                        data-acts=words::create_key::THE_NEW_ACCOUNT
                        data-acts-as="account_name"
                    >{words::create_key::NEW_ACCOUNT}</option>
                </select>
                {fault_line("actor_id", fault)}
                <p class="hint" id="actor_id-hint">{words::create_key::OWNER_HINT}</p>
            </div>
        }
        .into_any(),
    )
}

/// The name and the role of a new service account, which CSS shows once it is chosen.
pub fn new_account(form: &KeyForm) -> Option<AnyView> {
    form.owners.as_ref()?;
    let fault = form.input.fault("account_name");
    let invalid = fault.is_some().then_some("true");
    let roles = ROLES.map(|(role, _)| {
        let is_chosen = form
            .input
            .is_chosen("account_role", role.as_str(), Role::Member.as_str());
        view! { <option value=role.as_str() selected=is_chosen>{role.label()}</option> }
    });
    Some(view! {
        <div class="unfold new-account">
            <div class="field">
                <label for="account_name">{words::create_key::ACCOUNT_LABEL}</label>
                <input
                    class="input" id="account_name" name="account_name" autocomplete="off" placeholder=words::service_accounts::NAME_SAMPLE
                    dir="auto" value=form.input.value("account_name") aria-describedby="account_name-error account_name-hint" aria-invalid=invalid
                />
                {fault_line("account_name", fault)}
                <p class="hint" id="account_name-hint">{words::create_key::ACCOUNT_HINT}</p>
            </div>
            <div class="field">
                <label for="account_role">{words::create_key::ACCOUNT_ROLE}</label>
                <select class="input" id="account_role" name="account_role">{roles}</select>
            </div>
        </div>
    }
    .into_any())
}
