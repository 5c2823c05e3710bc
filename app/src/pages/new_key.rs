//! Making a key where no script runs: the form, and as the answer of its POST the key itself.

use domain::{OrganizationId, Problem};
use leptos::prelude::*;

use super::{Asked, Outcome, Page, Posted};
use crate::bits::{field_error, name_hint, revealed};
use crate::doors::keys::CreatedKey;
use crate::islands::copying::CopyButtons;
use crate::parts::frame::{Room, frame};
use crate::parts::{page_field, summary};
use crate::routes::{Place, Screen};
use crate::words;

/// The form for a new key, or the new key.
pub async fn show(asked: &Asked, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Place::top(Screen::NewKey(organization.clone()));
    let room = Room::enter(&asked.visit, &organization, place).await?;
    if let Some(Posted { outcome: Outcome::Created(created), .. }) = &asked.posted {
        let (created, url) = (created.clone(), asked.visit.installation.public_url.clone());
        return Ok(Page { islands: true, ..Page::new(words::REVEAL_TITLE, move || reveal(&room, &created, &url)) });
    }
    let (typed, problem) = (asked.typed("name").unwrap_or_default().to_owned(), asked.problem().cloned());
    Ok(Page::new(words::CREATE_KEY, move || form(&room, typed, problem.as_ref())))
}

fn form(room: &Room, typed: String, problem: Option<&Problem>) -> AnyView {
    let fault = problem.and_then(|problem| problem.field("name")).map(str::to_owned);
    let wrong = fault.is_some();
    let described = if wrong { "name-hint name-error" } else { "name-hint" };
    let body = view! {
        <form class="sheet" method="post" action="/ui/create_key">
            {page_field(&room.place)}
            <input type="hidden" name="organization" value=room.organization().to_string()/>
            <div class="sheet-head"><h1 id="create-title">{words::CREATE_KEY}</h1></div>
            <div class="sheet-body">
                {summary(words::NOT_CREATED, problem)}
                <div class="field">
                    <label for="name">"Name"</label>
                    <input class="input" id="name" name="name" required autocomplete="off" placeholder=words::NAME_SAMPLES[0] aria-describedby=described aria-invalid=wrong.then_some("true") dir="auto" value=typed autofocus=!wrong/>
                    {fault.map(|fault| field_error("name-error", fault))}
                    {name_hint()}
                </div>
            </div>
            <div class="sheet-foot">
                <p class="push">{words::acts_as(&room.ctx.actor().name, &room.name)}</p>
                <a class="button" href=Screen::ApiKeys(room.organization()).path()>{words::CANCEL}</a>
                <button class="button primary">{words::GENERATE}</button>
            </div>
        </form>
    };
    frame(room, words::CREATE_KEY, None, body.into_any())
}

fn reveal(room: &Room, created: &CreatedKey, url: &str) -> AnyView {
    let body = view! {
        <div class="sheet">
            <div class="sheet-head"><h1 id="reveal-title">{words::REVEAL_TITLE}</h1></div>
            {revealed(&created.key, &created.label, url)}
            <div class="sheet-foot"><a class="button" href=Screen::ApiKeys(room.organization()).path()>{words::DONE}</a></div>
        </div>
    };
    view! { {frame(room, words::REVEAL_TITLE, None, body.into_any())}<CopyButtons/> }.into_any()
}
