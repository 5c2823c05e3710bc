//! One API: its details, how to connect a proxy, its permissions, its keys, and its settings.

use domain::command::{KeyQuery, KeySort};
use domain::event::EventCategory;
use domain::policy::{Action, Grant, decide};
use domain::view::{ApiView, Calls, KeyLine, Page as Rows};
use domain::{KeyId, OrganizationId, Problem, Slug};
use leptos::either::Either;
use leptos::prelude::*;

use self::connect::connect;
use self::permissions::permissions;
use self::settings::settings;
use super::api_status;
use crate::components::calls::calls;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::key_notice::key_notice;
use crate::components::key_row::{KeyPerson, KeyRows};
use crate::components::key_table::{key_islands, key_table};
use crate::components::live::Mark;
use crate::components::pager::pager;
use crate::components::typed_form::TypedForm;
use crate::components::{created_fact, done};
use crate::flash::{ApiNotice, Flash};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::{copy_status, icon};
use crate::words;

mod connect;
mod permissions;
mod recipes;
mod settings;

const ROWS: i64 = 50;

struct ApiPageData {
    mark: Mark,
    room: OrganizationPage,
    api: ApiView,
    keys: Rows<KeyLine>,
    /// For those who may see the calls of every key.
    calls: Option<Calls>,
    public_url: String,
    may_create_keys: bool,
    flash: Option<Flash>,
    form: TypedForm,
}

impl ApiPageData {
    /// Whether the person may change the API.
    fn may_manage(&self) -> bool {
        decide(self.room.ctx.actor().role, Action::ManageApis) != Grant::No
    }
}

/// The API with the keys that the person may see, the active ones first.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    slug: Slug,
) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::Api(organization.clone(), slug.clone()),
        &request.query,
    );
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let api = context
        .engine
        .get_api(&room.ctx, &slug)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let query = KeyQuery {
        sort: KeySort::Usable,
        after: room.place.before().map(KeyId),
        ..KeyQuery::default()
    };
    let mark = Mark::set(context, &room.ctx, EventCategory::Keys).await?;
    let keys = context
        .engine
        .list_api_keys(&room.ctx, &slug, &query, ROWS)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let calls = match decide(room.ctx.actor().role, Action::ListKeys) {
        Grant::All => {
            let calls = context
                .engine
                .get_api_calls(&room.ctx, &slug)
                .await;
            Some(calls.map_err(|error| context.to_problem(&error))?)
        }
        Grant::Own | Grant::No => None,
    };
    let settings = context
        .engine
        .get_organization(&room.ctx)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let title = format!("{} · {}", api.name, words::apis::TITLE);
    let shown = ApiPageData {
        mark,
        api,
        keys,
        calls,
        may_create_keys: settings.key_makers.include(room.ctx.actor().role),
        flash: context.take_flash().await,
        public_url: context.site_config.public_url.clone(),
        form: TypedForm::of(request),
        room,
    };
    Ok(Page::new(&title, move || render(&shown)))
}

fn render(shown: &ApiPageData) -> AnyView {
    let api = &shown.api;
    let body = view! {
        {notice(shown)}
        <div class="page-head">
            <div class="titled"><h1><bdi>{api.name.clone()}</bdi></h1>{api_status(api.is_archived)}</div>
            {create_key_link(shown)}
        </div>
        {facts(shown)}
        {keys(shown)}
        {shown.calls.as_ref().map(calls)}
        {connect(shown)}
        {permissions(api)}
        {shown.may_manage().then(|| settings(shown))}
        {copy_status()}
    };
    let page = frame(
        &shown.room,
        &api.name,
        shown.form.problem(),
        body.into_any(),
    );
    view! { {page}{shown.mark.hidden()}{key_islands()} }.into_any()
}

/// The result of the previous page, shown once.
fn notice(shown: &ApiPageData) -> Option<AnyView> {
    let Some(Flash::Api(notice)) = shown.flash else {
        return key_notice(shown.flash.as_ref()?, &shown.room.organization());
    };
    Some(done(match notice {
        ApiNotice::Registered => words::apis::REGISTERED,
        ApiNotice::Changed => words::apis::CHANGED,
        ApiNotice::Archived => words::apis::ARCHIVED_DONE,
        ApiNotice::Restored => words::apis::RESTORED,
    }))
}

fn create_key_link(shown: &ApiPageData) -> Option<AnyView> {
    let form = Screen::NewApiKey(shown.room.organization(), shown.api.slug.clone()).path();
    (shown.may_create_keys && !shown.api.is_archived).then(|| {
        view! { <div class="actions"><a class="button primary" href=form data-dialog="">{icon("plus")}{words::apis::CREATE_KEY}</a></div> }.into_any()
    })
}

fn facts(shown: &ApiPageData) -> AnyView {
    let api = &shown.api;
    let environments: Vec<_> = api
        .environments
        .iter()
        .map(|environment| environment.label())
        .collect();
    view! {
        <dl class="facts boxed">
            <dt>{words::apis::SLUG}</dt><dd><code class="id">{api.slug.to_string()}</code></dd>
            <dt>{words::apis::KEY_PREFIX}</dt><dd><code class="id">{api.key_prefix.clone()}</code></dd>
            <dt>{words::apis::KEY_HEADER}</dt><dd>{api.key_header.label()}</dd>
            <dt>{words::apis::ENVIRONMENTS}</dt><dd>{environments.join(", ")}</dd>
            <dt>{words::labels::ACTIVE_KEYS}</dt><dd>{api.active_keys}</dd>
            {created_fact(shown.room.ctx.now(), api.created_at, api.created_by.clone())}
        </dl>
    }
    .into_any()
}

fn keys(shown: &ApiPageData) -> AnyView {
    let is_empty = shown.keys.rows.is_empty() && shown.room.place.before().is_none();
    let content = match is_empty {
        true => Either::Left(view! { <p class="muted">{words::apis::NO_KEYS}</p> }),
        false => Either::Right(view! {
            {table(shown)}
            {pager(&shown.room.place, shown.keys.next, words::keys::FIRST_KEYS, words::keys::MORE_KEYS)}
        }),
    };
    view! { <h2>{words::apis::KEYS}</h2>{content} }.into_any()
}

fn table(shown: &ApiPageData) -> AnyView {
    let rows = KeyRows::on(&shown.room, KeyPerson::Owner, true, &shown.keys.rows);
    key_table(
        &rows,
        &shown.keys.rows,
        words::apis::keys_caption(&shown.api.name),
    )
}
