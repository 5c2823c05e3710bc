//! Renaming a key.

use domain::view::KeyView;
use domain::{KeyId, OrganizationId, Problem};
use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::components::{fault_line, summary};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::{name_hint, preview};
use crate::words;

/// The form with the current name.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    key: KeyId,
) -> Result<Page, Problem> {
    let place = Location::top(Screen::RenameKey(organization.clone(), key));
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    let key = request
        .context
        .engine
        .get_key(&room.ctx, key)
        .await
        .map_err(|error| request.context.to_problem(&error))?
        .key;
    let typed = request
        .typed("name")
        .unwrap_or(&key.label)
        .to_owned();
    let problem = request.problem().cloned();
    Ok(Page::new(words::rename_key::TITLE, move || {
        render(&room, &key, typed, problem.as_ref())
    }))
}

fn render(
    room: &OrganizationPage,
    key: &KeyView,
    typed: String,
    problem: Option<&Problem>,
) -> AnyView {
    let fault = problem
        .and_then(|problem| problem.field("name"))
        .map(str::to_owned);
    let back = Screen::Key(room.organization(), key.key_id).path();
    let body = view! {
        <form class="sheet" method="post" action="/ui/rename_key">
            {room.fields(Some(("key_id", key.key_id.to_string())))}
            <div class="sheet-head"><h1>{words::rename_key::HEADING.0}<bdi>{key.label.clone()}</bdi>{words::rename_key::HEADING.1}</h1></div>
            <div class="sheet-body">
                {summary(words::rename_key::FAILED, problem, &room.place)}
                <p>{preview(&key.preview)}</p>
                <div class="field">
                    <label for="name">{words::labels::NAME}</label>
                    <input
                        class="input" id="name" name="name" required autocomplete="off" dir="auto" value=typed autofocus=problem.is_none()
                        aria-describedby="name-error name-hint rename-hint" aria-invalid=fault.is_some().then_some("true")
                    />
                    {fault_line("name", fault)}
                    {name_hint()}
                    <p class="hint" id="rename-hint">{words::rename_key::HINT}</p>
                </div>
            </div>
            <div class="sheet-foot">
                <a class="button" href=back>{words::CANCEL}</a><button class="button primary">{words::rename_key::BUTTON}</button>
            </div>
        </form>
    };
    frame(room, words::rename_key::TITLE, None, body.into_any())
}
