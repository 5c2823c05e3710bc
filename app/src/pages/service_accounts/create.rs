//! Creating a service account.

use domain::policy::{Action, Grant, decide};
use domain::{Code, OrganizationId, Problem, Role};
use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::components::service_accounts::{account_name, account_role};
use crate::components::summary;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::words;

/// The form for a new service account.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::top(Screen::NewServiceAccount(organization.clone()));
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    if decide(room.ctx.actor().role, Action::ManageServiceAccounts) == Grant::No {
        return Err(request.context.problem(Code::Forbidden));
    }
    let typed = Typed {
        name: request
            .typed("name")
            .unwrap_or_default()
            .to_owned(),
        role: request
            .typed("role")
            .and_then(|role| role.parse().ok())
            .unwrap_or(Role::Member),
        several: request.typed("allow_overlap").is_some(),
    };
    let problem = request.problem().cloned();
    let render = move || render(&room, typed, problem.as_ref());
    Ok(Page::new(words::service_accounts::CREATE, render))
}

struct Typed {
    name: String,
    role: Role,
    several: bool,
}

fn render(room: &OrganizationPage, typed: Typed, problem: Option<&Problem>) -> AnyView {
    let body = view! {
        <form class="sheet" method="post" action="/ui/create_service_account" data-once="">
            {room.fields(None)}
            <div class="sheet-head"><h1>{words::service_accounts::CREATE}</h1></div>
            <div class="sheet-body">
                {summary(words::service_accounts::NOT_CREATED, problem, &room.place)}
                {account_name(problem, typed.name, problem.is_none())}
                {account_role(problem, typed.role)}
                {several(typed.several)}
            </div>
            <div class="sheet-foot">
                <a class="button" href=Screen::ServiceAccounts(room.organization()).path()>{words::CANCEL}</a>
                <button class="button primary">{words::service_accounts::CREATE}</button>
            </div>
        </form>
    };
    frame(
        room,
        words::service_accounts::CREATE,
        None,
        body.into_any(),
    )
}

fn several(chosen: bool) -> impl IntoView {
    view! {
        <div class="choices">
            <label class="choice">
                <input type="checkbox" name="allow_overlap" value="true" checked=chosen/>
                <span>
                    <span class="card-title">{words::service_accounts::ALLOW_MULTIPLE_KEYS}</span>
                    <span class="card-note">{words::service_accounts::MULTIPLE_KEYS_HINT}</span>
                </span>
            </label>
        </div>
    }
}
