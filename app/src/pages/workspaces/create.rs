//! Creating a workspace.

use domain::environment::Environment;
use domain::workspace::Provider;
use domain::{OrganizationId, Problem};
use leptos::prelude::*;

use crate::components::field::Field;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::summary;
use crate::components::typed_form::TypedForm;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::words;

/// The form for a new workspace. Every member can create one.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::of(
        Screen::NewWorkspace(organization.clone()),
        &request.query,
    );
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    let form = TypedForm::of(request);
    let render = move || render(&room, &form);
    Ok(Page::new(words::workspaces::CREATE, render))
}

fn render(room: &OrganizationPage, form: &TypedForm) -> AnyView {
    let problem = form.problem();
    let name = Field::new(
        "name",
        words::labels::NAME,
        words::workspaces::NAME_HINT,
        problem,
    );
    let model = Field::new(
        "model",
        words::workspaces::MODEL_OPTIONAL,
        words::workspaces::MODEL_HINT,
        problem,
    );
    let list = Location::in_environment(
        Screen::Workspaces(room.organization()),
        room.place.environment(),
    );
    let body = view! {
        <form class="sheet" method="post" action="/ui/create_workspace" data-once="">
            {room.fields(None)}
            <div class="sheet-head"><h1>{words::workspaces::CREATE}</h1></div>
            <div class="sheet-body">
                {summary(words::workspaces::NOT_CREATED, problem, &room.place)}
                {name.text(form.value("name"), words::workspaces::NAME_SAMPLE, true, problem.is_none())}
                {provider(form)}
                {model.code(form.value("model"), Provider::Anthropic.default_model(), false)}
                {environment(room, form)}
            </div>
            <div class="sheet-foot">
                <a class="button" href=list.path()>{words::CANCEL}</a>
                <button class="button primary">{words::workspaces::CREATE}</button>
            </div>
        </form>
    };
    frame(room, words::workspaces::CREATE, None, body.into_any())
}

fn provider(form: &TypedForm) -> AnyView {
    let field = Field::new(
        "provider",
        words::workspaces::PROVIDER,
        words::workspaces::PROVIDER_HINT,
        form.problem(),
    );
    let first = Provider::Anthropic.as_str();
    let options = Provider::ALL.map(|provider| {
        let word = provider.as_str();
        (
            word,
            provider.label(),
            form.is_chosen("provider", word, first),
        )
    });
    field.choice(options.into_iter())
}

/// The environment of the new workspace; by default, that of the list.
fn environment(room: &OrganizationPage, form: &TypedForm) -> AnyView {
    let field = Field::new(
        "environment",
        words::create_key::ENVIRONMENT,
        words::workspaces::ENVIRONMENT_HINT,
        form.problem(),
    );
    let here = room.place.environment().as_str();
    let options = Environment::ALL.map(|environment| {
        let word = environment.as_str();
        (
            word,
            environment.label(),
            form.is_chosen("environment", word, here),
        )
    });
    field.choice(options.into_iter())
}
