//! One consumer: its details, its keys, and its settings.

use domain::command::{KeyQuery, KeySort};
use domain::event::EventCategory;
use domain::view::{ApiView, Calls, ConsumerView, KeyLine, Page as Rows};
use domain::{ActorId, KeyId, OrganizationId, Problem};
use leptos::prelude::*;

use self::keys::keys;
use self::settings::settings;
use super::consumer_status;
use crate::components::calls::calls;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::key_notice::key_notice;
use crate::components::key_table::key_islands;
use crate::components::live::Mark;
use crate::components::typed_form::TypedForm;
use crate::components::{created_fact, done};
use crate::flash::{ConsumerNotice, Flash};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::words;

mod keys;
mod settings;

const ROWS: i64 = 50;

struct ConsumerPageData {
    mark: Mark,
    room: OrganizationPage,
    consumer: ConsumerView,
    keys: Rows<KeyLine>,
    calls: Calls,
    /// The APIs that it can get keys for.
    apis: Vec<ApiView>,
    flash: Option<Flash>,
    form: TypedForm,
}

/// The consumer with its keys, the active ones first.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    actor: ActorId,
) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::Consumer(organization.clone(), actor),
        &request.query,
    );
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let consumer = context
        .engine
        .get_consumer(&room.ctx, actor)
        .await
        .map_err(to_problem)?;
    let query = KeyQuery {
        owner: Some(actor),
        sort: KeySort::Usable,
        after: room.place.before().map(KeyId),
        ..KeyQuery::default()
    };
    let mark = Mark::set(context, &room.ctx, EventCategory::Keys).await?;
    let keys = context
        .engine
        .list_keys(&room.ctx, &query, ROWS)
        .await
        .map_err(to_problem)?;
    let calls = context
        .engine
        .get_consumer_calls(&room.ctx, actor)
        .await
        .map_err(to_problem)?;
    let apis = context
        .engine
        .list_apis(&room.ctx, None, ROWS)
        .await
        .map_err(to_problem)?;
    let title = format!("{} · {}", consumer.name, words::consumers::TITLE);
    let shown = ConsumerPageData {
        mark,
        room,
        consumer,
        keys,
        calls,
        apis: apis
            .rows
            .into_iter()
            .filter(|api| !api.is_archived)
            .collect(),
        flash: context.take_flash().await,
        form: TypedForm::of(request),
    };
    Ok(Page::new(&title, move || render(&shown)))
}

fn render(shown: &ConsumerPageData) -> AnyView {
    let consumer = &shown.consumer;
    let body = view! {
        {notice(shown)}
        <div class="page-head"><div class="titled"><h1><bdi>{consumer.name.clone()}</bdi></h1>{consumer_status(consumer.is_paused)}</div></div>
        {facts(shown)}
        {keys(shown)}
        {calls(&shown.calls)}
        {settings(shown)}
    };
    let page = frame(
        &shown.room,
        &consumer.name,
        shown.form.problem(),
        body.into_any(),
    );
    view! { {page}{shown.mark.hidden()}{key_islands()} }.into_any()
}

/// The result of the previous page, shown once.
fn notice(shown: &ConsumerPageData) -> Option<AnyView> {
    let Some(Flash::Consumer(notice)) = shown.flash else {
        return key_notice(shown.flash.as_ref()?, &shown.room.organization());
    };
    let text = match notice {
        ConsumerNotice::Created => words::consumers::CREATED,
        ConsumerNotice::Changed => words::consumers::CHANGED,
        ConsumerNotice::Paused => words::consumers::PAUSED_DONE,
        ConsumerNotice::Resumed => words::consumers::RESUMED,
    };
    let name = shown.consumer.name.clone();
    Some(done(view! { "“"<bdi>{name}</bdi>"”"{text} }))
}

fn facts(shown: &ConsumerPageData) -> AnyView {
    let consumer = &shown.consumer;
    let metadata = (!consumer.metadata.is_empty()).then(|| {
        view! { <dt>{words::consumers::METADATA}</dt><dd><code class="id">{consumer.metadata.json()}</code></dd> }
    });
    view! {
        <dl class="facts boxed">
            <dt>{words::consumers::EXTERNAL_ID}</dt><dd><code class="id">{consumer.external_id.clone()}</code></dd>
            <dt>{words::labels::ACTIVE_KEYS}</dt><dd>{consumer.active_keys}</dd>
            {metadata}
            {created_fact(shown.room.ctx.now(), consumer.created_at, consumer.created_by.clone())}
            <dt>{words::labels::ACTOR_ID}</dt><dd><code class="id">{consumer.actor_id.to_string()}</code></dd>
        </dl>
    }
    .into_any()
}
