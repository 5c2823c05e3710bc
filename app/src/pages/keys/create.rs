//! Creating a key without script, or for a service account. The response to the form shows the key.

use domain::{ActorId, OrganizationId, Problem, Role};
use leptos::prelude::*;

use super::reveal;
use crate::components::create_key_form::{KeyForm, key_form};
use crate::components::frame::{OrganizationPage, frame};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::words;

/// The form for a new key, or the new key.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::of(Screen::NewKey(organization.clone()), &request.query);
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    if let Some(created) = request.created() {
        let back = back(&room);
        return Ok(reveal::page(request, room, created.clone(), back).await);
    }
    let service = match room.place.number("for").map(ActorId) {
        Some(id) => {
            let (name, role) = service(request, &room, id).await?;
            Some((id.0, name, role))
        }
        None => None,
    };
    let form = KeyForm::load(request, &room, service).await?;
    let render = move || {
        if form.may_create {
            render(&room, &form)
        } else {
            closed(&room)
        }
    };
    Ok(Page::new(words::create_key::TITLE, render))
}

/// The page for members, if only owners and admins can create keys.
fn closed(room: &OrganizationPage) -> AnyView {
    let body = view! {
        <div class="sheet">
            <div class="sheet-head"><h1>{words::create_key::TITLE}</h1></div>
            <div class="sheet-body"><div class="notice">{icon("info")}<p>{words::create_key::NOT_ALLOWED}</p></div></div>
            <div class="sheet-foot"><a class="button" href=Screen::ApiKeys(room.organization()).path()>{words::DONE}</a></div>
        </div>
    };
    frame(room, words::create_key::TITLE, None, body.into_any())
}

/// The previous page: the service account that the key is for, or the list of keys.
fn back(room: &OrganizationPage) -> Screen {
    let organization = room.organization();
    match room.place.number("for") {
        Some(account) => Screen::ServiceAccount(organization, ActorId(account)),
        None => Screen::ApiKeys(organization),
    }
}

fn render(room: &OrganizationPage, form: &KeyForm) -> AnyView {
    let heading = view! { <h1 id="create-title">{words::create_key::TITLE}</h1> };
    let cancel = view! { <a class="button" href=back(room).path()>{words::CANCEL}</a> };
    let form = key_form(form, heading.into_any(), cancel.into_any(), true);
    frame(room, words::create_key::TITLE, None, form)
}

/// The name and role of a service account. Only admins and owners can load it, and create its keys.
async fn service(
    request: &PageRequest,
    room: &OrganizationPage,
    id: ActorId,
) -> Result<(String, Role), Problem> {
    let found = request
        .context
        .engine
        .get_service_account(&room.ctx, id)
        .await;
    let account = found.map_err(|error| request.context.to_problem(&error))?;
    Ok((account.name, account.role))
}
