//! Creating another organization.

use domain::Problem;
use leptos::prelude::*;

use crate::components::{card, page_field, sign_out_line, summary};
use crate::islands::page_help::PageHelp;
use crate::pages::sign_in;
use crate::pages::{Page, PageResponse};
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::field_error;
use crate::words;

/// The form. Only people who belong to an organization can create another one.
pub async fn load(request: &PageRequest) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let id = context.person()?.person;
    let person = context
        .engine
        .get_person(id)
        .await
        .map_err(|error| context.to_problem(&error))?;
    if context
        .engine
        .list_organizations(id)
        .await
        .map_err(|error| context.to_problem(&error))?
        .is_empty()
    {
        return Ok(PageResponse::Page(sign_in::no_membership(person)));
    }
    let typed = request
        .typed("name")
        .unwrap_or_default()
        .to_owned();
    let problem = request.problem().cloned();
    let render = move || {
        let place = Location::top(Screen::NewOrganization);
        let body = view! {
            <h1>{words::create_organization::TITLE}</h1>
            <p>{words::create_organization::HINT}</p>
            {summary(words::create_organization::FAILED, problem.as_ref(), &place)}
            <form class="form" method="post" action="/ui/create_organization" data-once="">
                {page_field(&place)}
                {name(typed, problem.as_ref())}
                <div class="actions">
                    <button class="button primary">{words::create_organization::BUTTON}</button>
                    <a class="button" href=Screen::Home.path()>{words::CANCEL}</a>
                </div>
            </form>
        };
        view! { {card(body, sign_out_line(&person, &place))}<PageHelp/> }.into_any()
    };
    Ok(PageResponse::Page(Page {
        islands: true,
        ..Page::new(words::create_organization::TITLE, render)
    }))
}

fn name(typed: String, problem: Option<&Problem>) -> AnyView {
    let fault = problem
        .and_then(|problem| problem.field("name"))
        .map(str::to_owned);
    let wrong = fault.is_some();
    view! {
        <div class="field">
            <label for="name">{words::organization::NAME}</label>
            <input
                class="input" id="name" name="name" required autocomplete="organization" dir="auto" value=typed autofocus=problem.is_none()
                aria-invalid=wrong.then_some("true") aria-describedby=wrong.then_some("name-error")
            />
            {fault.map(|fault| field_error("name-error", fault))}
        </div>
    }
    .into_any()
}
