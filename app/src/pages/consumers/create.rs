//! Creating a consumer.

use domain::policy::{Action, Grant, decide};
use domain::{Code, OrganizationId, Problem};
use leptos::prelude::*;

use super::fields;
use crate::components::field::Field;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::summary;
use crate::components::typed_form::TypedForm;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::words;

/// The form for a new consumer.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::top(Screen::NewConsumer(organization.clone()));
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    if decide(room.ctx.actor().role, Action::ManageConsumers) == Grant::No {
        return Err(request.context.problem(Code::Forbidden));
    }
    let form = TypedForm::of(request);
    let render = move || render(&room, &form);
    Ok(Page::new(words::consumers::CREATE, render))
}

fn render(room: &OrganizationPage, form: &TypedForm) -> AnyView {
    let problem = form.problem();
    let external_id = Field::new(
        "external_id",
        words::consumers::EXTERNAL_ID,
        words::consumers::EXTERNAL_ID_HINT,
        problem,
    );
    let name = Field::new(
        "name",
        words::consumers::NAME_OPTIONAL,
        words::consumers::NAME_HINT,
        problem,
    );
    let metadata = form.typed("metadata").unwrap_or_default();
    let body = view! {
        <form class="sheet" method="post" action="/ui/create_consumer" data-once="">
            {room.fields(None)}
            <div class="sheet-head"><h1>{words::consumers::CREATE}</h1></div>
            <div class="sheet-body">
                {summary(words::consumers::NOT_CREATED, problem, &room.place)}
                {external_id.code(form.value("external_id"), words::consumers::EXTERNAL_ID_SAMPLE, true)}
                {name.text(form.value("name"), words::consumers::NAME_SAMPLE, false, false)}
                {fields::metadata(words::consumers::METADATA_OPTIONAL, problem, metadata)}
            </div>
            <div class="sheet-foot">
                <a class="button" href=Screen::Consumers(room.organization()).path()>{words::CANCEL}</a>
                <button class="button primary">{words::consumers::CREATE}</button>
            </div>
        </form>
    };
    frame(room, words::consumers::CREATE, None, body.into_any())
}
