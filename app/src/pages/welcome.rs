//! Creating the first organization.

use domain::{PersonId, Problem};
use engine::people::Person;
use leptos::prelude::*;

use super::{Page, PageResponse};
use crate::components::{card, page_field, sign_out_line, summary};
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::field_error;
use crate::words;

struct WelcomePageData {
    person: Person,
    name: String,
    token_needed: bool,
    problem: Option<Problem>,
}

impl WelcomePageData {
    fn fault(&self, field: &str) -> Option<String> {
        self.problem
            .as_ref()
            .and_then(|problem| problem.field(field))
            .map(str::to_owned)
    }
}

/// The form for the first organization.
pub async fn load(request: &PageRequest) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let id = context.person()?.person;
    let person = context
        .engine
        .get_person(id)
        .await
        .map_err(|error| context.to_problem(&error))?;
    if is_done(request, id).await? {
        return Ok(PageResponse::Go(Screen::Home.path()));
    }
    let name = request
        .typed("organization")
        .unwrap_or_default()
        .to_owned();
    let shown = WelcomePageData {
        person,
        name,
        token_needed: context.site_config.setup_token_needed,
        problem: request.problem().cloned(),
    };
    Ok(PageResponse::Page(Page::new(
        words::create_organization::WELCOME_TITLE,
        move || render(&shown),
    )))
}

/// Whether there is nothing left to create. A submitted form still gets its answer, unless it is
/// the second click on the button, which finds the organization of the first.
async fn is_done(request: &PageRequest, person: PersonId) -> Result<bool, Problem> {
    let context = &request.context;
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let founded = context
        .engine
        .is_bootstrapped()
        .await
        .map_err(to_problem)?;
    if !founded || request.posted.is_none() {
        return Ok(founded);
    }
    let memberships = context
        .engine
        .list_organizations(person)
        .await
        .map_err(to_problem)?;
    Ok(!memberships.is_empty())
}

fn render(shown: &WelcomePageData) -> AnyView {
    let place = Location::top(Screen::Welcome);
    let body = view! {
        <h1>{words::create_organization::WELCOME_TITLE}</h1>
        <p>{words::create_organization::welcome(&shown.person.name)}</p>
        {summary(words::create_organization::FAILED, shown.problem.as_ref(), &place)}
        <form class="form" method="post" action="/ui/found_organization">
            {page_field(&place)}
            {name_field(shown)}
            {shown.token_needed.then(|| token_field(shown))}
            <button class="button primary wide">{words::create_organization::BUTTON}</button>
        </form>
    };
    card(body, sign_out_line(&shown.person, &place))
}

fn name_field(shown: &WelcomePageData) -> AnyView {
    let fault = shown.fault("organization");
    let wrong = fault.is_some();
    view! {
        <div class="field">
            <label for="organization">{words::organization::NAME}</label>
            <input class="input" id="organization" name="organization" required autocomplete="organization" placeholder=words::create_organization::NAME_SAMPLE dir="auto" value=shown.name.clone() aria-invalid=wrong.then_some("true") aria-describedby=wrong.then_some("organization-error") autofocus=shown.problem.is_none()/>
            {fault.map(|fault| field_error("organization-error", fault))}
        </div>
    }
    .into_any()
}

fn token_field(shown: &WelcomePageData) -> AnyView {
    let fault = shown.fault("setup_token");
    let wrong = fault.is_some();
    let described = if wrong {
        "setup-hint setup-error"
    } else {
        "setup-hint"
    };
    view! {
        <div class="field">
            <label for="setup_token">{words::create_organization::SETUP_TOKEN}</label>
            <input class="input mono" id="setup_token" name="setup_token" required autocomplete="off" spellcheck="false" aria-describedby=described aria-invalid=wrong.then_some("true")/>
            {fault.map(|fault| field_error("setup-error", fault))}
            <p class="hint" id="setup-hint">{words::create_organization::SETUP_TOKEN_HINT}</p>
        </div>
    }
    .into_any()
}
