//! Creating a key for an API. The response to the form shows the key.

use domain::api::ApiScope;
use domain::token::KeyKind;
use domain::view::ApiView;
use domain::{ActorId, Code, Environment, OrganizationId, Permissions, Problem, ScopeSet, Slug};
use engine::form_token::FormToken;
use leptos::prelude::*;

use self::owner::{OwnerChoice, owner};
use crate::components::environment_choice::environment_choice;
use crate::components::expiry::{ExpiryChoice, expiry};
use crate::components::field::Field;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::ip_list::ip_list;
use crate::components::typed_form::TypedForm;
use crate::components::{fault_line, form_token, summary};
use crate::pages::Page;
use crate::pages::keys::reveal;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::words;

mod owner;

struct NewKeyPageData {
    room: OrganizationPage,
    api: ApiView,
    form: TypedForm,
    owner: OwnerChoice,
    most_days: Option<i64>,
    default_days: Option<i64>,
    token: FormToken,
}

/// The form for a new key, or the new key.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    slug: Slug,
) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::NewApiKey(organization.clone(), slug.clone()),
        &request.query,
    );
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let back = back(&room, &slug);
    if let Some(created) = request.created() {
        return Ok(reveal::page(request, room, created.clone(), back).await);
    }
    let api = context
        .engine
        .get_api(&room.ctx, &slug)
        .await
        .map_err(|error| context.to_problem(&error))?;
    if api.is_archived {
        return Err(context.problem(Code::Conflict));
    }
    let settings = context
        .engine
        .get_organization(&room.ctx)
        .await
        .map_err(|error| context.to_problem(&error))?;
    if !settings.key_makers.include(room.ctx.actor().role) {
        return Err(context.problem(Code::Forbidden));
    }
    let owner = OwnerChoice::load(context, &room).await?;
    let shown = NewKeyPageData {
        room,
        api,
        form: TypedForm::of(request),
        owner,
        most_days: settings.max_key_days,
        default_days: settings.default_key_days,
        token: FormToken::generate(context.engine.runtime()),
    };
    let title = words::apis::create_key_title(&shown.api.name);
    Ok(Page::new(&title, move || render(&shown)))
}

/// The previous page: the consumer that the key is for, or the API.
fn back(room: &OrganizationPage, slug: &Slug) -> Screen {
    let organization = room.organization();
    match room.place.number("for") {
        Some(consumer) => Screen::Consumer(organization, ActorId(consumer)),
        None => Screen::Api(organization, slug.clone()),
    }
}

fn render(shown: &NewKeyPageData) -> AnyView {
    let (room, api, form) = (&shown.room, &shown.api, &shown.form);
    let choice = ExpiryChoice {
        form,
        now: room.ctx.now(),
        most_days: shown.most_days,
        default_days: shown.default_days,
    };
    let name = Field::new(
        "name",
        words::labels::NAME,
        words::apis::KEY_NAME_HINT,
        form.problem(),
    );
    let about = Some(("api", api.slug.to_string()));
    let cancel = back(room, &api.slug).path();
    let body = view! {
        <form class="sheet" method="post" action="/ui/create_api_key" novalidate data-once="">
            {room.fields(about)}
            {form_token(&shown.token)}
            <div class="sheet-head"><h1>{words::apis::CREATE_KEY}{words::labels::FOR_API}<bdi>{api.name.clone()}</bdi></h1></div>
            <div class="sheet-body">
                {summary(words::create_key::FAILED, form.problem(), &room.place)}
                {name.text(form.value("name"), words::apis::KEY_NAME_SAMPLE, true, form.problem().is_none())}
                {owner(room, &shown.owner, form)}
                {environment_choice(form, &api.environments, words::apis::environment_hint, |environment| prefix(api, environment))}
                {permissions(api, form)}
                {expiry(choice)}
                {ip_list(words::ip_list::KEY_HINT, form.problem(), form.typed("allowed_ips").unwrap_or_default())}
            </div>
            <div class="sheet-foot">
                <a class="button" href=cancel>{words::CANCEL}</a>
                <button class="button primary">{words::create_key::BUTTON}</button>
            </div>
        </form>
    };
    let trail = words::apis::CREATE_KEY;
    frame(room, trail, None, body.into_any())
}

/// The start of the keys of an environment.
fn prefix(api: &ApiView, environment: Environment) -> AnyView {
    let kind = KeyKind::of(environment, Permissions::Only(ScopeSet::EMPTY));
    let start = format!("{}_{}_", api.key_prefix, kind.as_str());
    view! { <code>{start}</code>"." }.into_any()
}

/// A check box for each permission of the API; nothing if it has none.
fn permissions(api: &ApiView, form: &TypedForm) -> Option<AnyView> {
    api.scopes.iter().next()?;
    let row = |scope: &ApiScope| {
        let name = format!("scope[{}]", scope.scope);
        let checked = form.typed(&name).is_some();
        view! {
            <label class="choice">
                <input type="checkbox" name=name value="on" checked=checked/>
                <span>
                    <span class="card-title"><code>{scope.scope.to_string()}</code></span>
                    <span class="card-note"><bdi>{scope.description.clone()}</bdi></span>
                </span>
            </label>
        }
    };
    Some(
        view! {
            <fieldset class="field" id="scopes" aria-describedby="scopes-error scopes-hint">
                <legend>{words::create_key::PERMISSIONS}</legend>
                <p class="hint" id="scopes-hint">{words::apis::KEY_PERMISSIONS_HINT}</p>
                <div class="choices">{api.scopes.iter().map(row).collect_view()}</div>
                {fault_line("scopes", form.fault("scopes"))}
            </fieldset>
        }
        .into_any(),
    )
}
