//! Registering an API.

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

/// The form for a new API.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::top(Screen::NewApi(organization.clone()));
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    if decide(room.ctx.actor().role, Action::ManageApis) == Grant::No {
        return Err(request.context.problem(Code::Forbidden));
    }
    let form = TypedForm::of(request);
    let render = move || render(&room, &form);
    Ok(Page::new(words::apis::REGISTER, render))
}

fn render(room: &OrganizationPage, form: &TypedForm) -> AnyView {
    let problem = form.problem();
    let slug = Field::new(
        "slug",
        words::apis::SLUG,
        words::apis::SLUG_HINT,
        problem,
    );
    let prefix = Field::new(
        "key_prefix",
        words::apis::KEY_PREFIX_OPTIONAL,
        words::apis::KEY_PREFIX_HINT,
        problem,
    );
    let body = view! {
        <form class="sheet" method="post" action="/ui/create_api" data-once="">
            {room.fields(None)}
            <div class="sheet-head"><h1>{words::apis::REGISTER}</h1></div>
            <div class="sheet-body">
                {summary(words::apis::NOT_REGISTERED, problem, &room.place)}
                {fields::name(problem, form.value("name"), problem.is_none())}
                {slug.code(form.value("slug"), words::apis::SLUG_SAMPLE, true)}
                {prefix.code(form.value("key_prefix"), words::apis::SLUG_SAMPLE, false)}
                {fields::permissions(problem, form.typed("scopes").unwrap_or_default())}
            </div>
            <div class="sheet-foot">
                <a class="button" href=Screen::Apis(room.organization()).path()>{words::CANCEL}</a>
                <button class="button primary">{words::apis::REGISTER}</button>
            </div>
        </form>
    };
    frame(room, words::apis::REGISTER, None, body.into_any())
}
