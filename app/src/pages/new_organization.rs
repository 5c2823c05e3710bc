//! Making a further organization (KE-05).

use domain::Problem;
use leptos::prelude::*;

use super::{Answer, Asked, Page, front};
use crate::bits::field_error;
use crate::islands::page::PageHelp;
use crate::parts::{card, page_field, sign_out_line, summary};
use crate::routes::{Place, Screen};
use crate::words;

/// The form; whoever is in no organization makes no further one.
pub async fn show(asked: &Asked) -> Result<Answer, Problem> {
    let visit = &asked.visit;
    let id = visit.person()?.person;
    let person = visit.engine.get_person(id).await.map_err(|error| visit.tell(&error))?;
    if visit.engine.memberships(id).await.map_err(|error| visit.tell(&error))?.is_empty() {
        return Ok(Answer::Page(front::nowhere(person)));
    }
    let typed = asked.typed("name").unwrap_or_default().to_owned();
    let problem = asked.problem().cloned();
    let draw = move || {
        let place = Place::top(Screen::NewOrganization);
        let body = view! {
            <h1>{words::NEW_ORGANIZATION}</h1>
            <p>{words::NEW_ORGANIZATION_HINT}</p>
            {summary(words::NOT_FOUNDED, problem.as_ref(), &place)}
            <form class="form" method="post" action="/ui/create_organization" data-once="">
                {page_field(&place)}
                {name(typed, problem.as_ref())}
                <div class="actions">
                    <button class="button primary">{words::FOUND}</button>
                    <a class="button" href=Screen::Home.path()>{words::CANCEL}</a>
                </div>
            </form>
        };
        view! { {card(body, sign_out_line(&person, &place))}<PageHelp/> }.into_any()
    };
    Ok(Answer::Page(Page { islands: true, ..Page::new(words::NEW_ORGANIZATION, draw) }))
}

fn name(typed: String, problem: Option<&Problem>) -> AnyView {
    let fault = problem.and_then(|problem| problem.field("name")).map(str::to_owned);
    let wrong = fault.is_some();
    view! {
        <div class="field">
            <label for="name">{words::ORGANIZATION_NAME}</label>
            <input
                class="input" id="name" name="name" required autocomplete="organization" dir="auto" value=typed autofocus=problem.is_none()
                aria-invalid=wrong.then_some("true") aria-describedby=wrong.then_some("name-error")
            />
            {fault.map(|fault| field_error("name-error", fault))}
        </div>
    }
    .into_any()
}
