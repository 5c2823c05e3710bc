//! Creating the first organization.

use domain::Problem;
use leptos::prelude::*;

use super::{Page, PageResponse};
use crate::components::{card, page_field, sign_out_line, summary};
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::field_error;
use crate::words;

/// The form for the first organization.
pub async fn load(request: &PageRequest) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let id = context.person()?.person;
    let person = context
        .engine
        .get_person(id)
        .await
        .map_err(to_problem)?;
    let founded = context
        .engine
        .is_bootstrapped()
        .await
        .map_err(to_problem)?;
    // A second click on the button finds the organization of the first.
    if founded
        && (request.posted.is_none()
            || !context
                .engine
                .list_organizations(id)
                .await
                .map_err(to_problem)?
                .is_empty())
    {
        return Ok(PageResponse::Go(Screen::Home.path()));
    }
    let problem = request.problem().cloned();
    let typed = request
        .typed("organization")
        .unwrap_or_default()
        .to_owned();
    let token_needed = context.site_config.setup_token_needed;
    Ok(PageResponse::Page(Page::new(
        words::create_organization::WELCOME_TITLE,
        move || {
            let place = Location::top(Screen::Welcome);
            let fault = |field| {
                problem
                    .as_ref()
                    .and_then(|problem| problem.field(field))
                    .map(str::to_owned)
            };
            let (name_fault, token_fault) = (fault("organization"), fault("setup_token"));
            let token = token_needed.then(|| {
            let wrong = token_fault.is_some();
            let described = if wrong { "setup-hint setup-error" } else { "setup-hint" };
            view! {
                <div class="field">
                    <label for="setup_token">{words::create_organization::SETUP_TOKEN}</label>
                    <input class="input mono" id="setup_token" name="setup_token" required autocomplete="off" spellcheck="false" aria-describedby=described aria-invalid=wrong.then_some("true")/>
                    {token_fault.map(|fault| field_error("setup-error", fault))}
                    <p class="hint" id="setup-hint">{words::create_organization::SETUP_TOKEN_HINT}</p>
                </div>
            }
        });
            let wrong = name_fault.is_some();
            let body = view! {
                <h1>{words::create_organization::WELCOME_TITLE}</h1>
                <p>{words::create_organization::welcome(&person.name)}</p>
                {summary(words::create_organization::FAILED, problem.as_ref(), &place)}
                <form class="form" method="post" action="/ui/found_organization">
                    {page_field(&place)}
                    <div class="field">
                        <label for="organization">{words::organization::NAME}</label>
                        <input class="input" id="organization" name="organization" required autocomplete="organization" placeholder=words::create_organization::NAME_SAMPLE dir="auto" value=typed aria-invalid=wrong.then_some("true") aria-describedby=wrong.then_some("organization-error") autofocus=problem.is_none()/>
                        {name_fault.map(|fault| field_error("organization-error", fault))}
                    </div>
                    {token}
                    <button class="button primary wide">{words::create_organization::BUTTON}</button>
                </form>
            };
            card(body, sign_out_line(&person, &place))
        },
    )))
}
