//! One API: its details, its permissions, and its keys.

use domain::api::ApiScope;
use domain::command::{KeyQuery, KeySort};
use domain::view::{ApiView, KeyLine, Page as Rows};
use domain::{KeyId, OrganizationId, Problem, Slug};
use leptos::either::Either;
use leptos::prelude::*;

use super::api_status;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::key_table::{KeyColumn, key_table};
use crate::components::pager::pager;
use crate::components::{done, when};
use crate::flash::Flash;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_APIS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

const ROWS: i64 = 50;

struct ApiPageData {
    room: OrganizationPage,
    api: ApiView,
    keys: Rows<KeyLine>,
    public_url: String,
    is_new: bool,
    problem: Option<Problem>,
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
    let keys = context
        .engine
        .list_api_keys(&room.ctx, &slug, &query, ROWS)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let title = format!("{} · {}", api.name, words::apis::TITLE);
    let shown = ApiPageData {
        room,
        api,
        keys,
        is_new: context.take_flash().await == Some(Flash::ApiCreated),
        public_url: context.site_config.public_url.clone(),
        problem: request.problem().cloned(),
    };
    Ok(Page::new(&title, move || render(&shown)))
}

fn render(shown: &ApiPageData) -> AnyView {
    let api = &shown.api;
    let body = view! {
        {shown.is_new.then(|| done(words::apis::REGISTERED))}
        <h1><bdi>{api.name.clone()}</bdi></h1>
        {facts(shown)}
        {connect(shown)}
        {permissions(api)}
        {keys(shown)}
    };
    frame(
        &shown.room,
        &api.name,
        shown.problem.as_ref(),
        body.into_any(),
    )
}

fn facts(shown: &ApiPageData) -> AnyView {
    let api = &shown.api;
    let by = api
        .created_by
        .clone()
        .map(|by| view! { <bdi>{by}</bdi>", " });
    let environments: Vec<_> = api
        .environments
        .iter()
        .map(|environment| environment.label())
        .collect();
    view! {
        <dl class="facts boxed">
            <dt>{words::labels::STATUS}</dt><dd>{api_status(api.is_archived)}</dd>
            <dt>{words::apis::SLUG}</dt><dd><code class="id">{api.slug.to_string()}</code></dd>
            <dt>{words::apis::KEY_PREFIX}</dt><dd><code class="id">{api.key_prefix.clone()}</code></dd>
            <dt>{words::apis::KEY_HEADER}</dt><dd>{api.key_header.label()}</dd>
            <dt>{words::apis::ENVIRONMENTS}</dt><dd>{environments.join(", ")}</dd>
            <dt>{words::labels::ACTIVE_KEYS}</dt><dd>{api.active_keys}</dd>
            <dt>{words::keys::created_label(api.created_by.is_some())}</dt><dd>{by}{when(shown.room.ctx.now(), api.created_at)}</dd>
        </dl>
    }
    .into_any()
}

/// Where a reverse proxy asks about a key.
fn connect(shown: &ApiPageData) -> AnyView {
    let gate = format!("{}/gate/{}", shown.public_url, shown.api.slug);
    view! {
        <section class="panel" aria-labelledby="connect-title">
            <h2 id="connect-title">{words::apis::CONNECT}</h2>
            <p>{words::apis::GATE_HINT}" "<a href=DOCS_OF_APIS>{words::apis::RECIPES}</a></p>
            <p><span class="copied"><code>{gate.clone()}</code><button class="icon-button small needs-script" type="button" data-copy-text=gate aria-label=words::apis::COPY_GATE>{icon("copy")}</button></span></p>
        </section>
    }
    .into_any()
}

fn permissions(api: &ApiView) -> AnyView {
    let row = |scope: &ApiScope| {
        let includes = match scope.includes.is_empty() {
            true => Either::Left(words::NONE),
            false => Either::Right(view! { <code>{scope.includes.line()}</code> }),
        };
        view! {
            <tr>
                <th scope="row"><code>{scope.scope.to_string()}</code></th>
                <td data-label=words::apis::DESCRIPTION><bdi>{scope.description.clone()}</bdi></td>
                <td data-label=words::apis::INCLUDES>{includes}</td>
            </tr>
        }
    };
    let content = match api.scopes.iter().next() {
        None => Either::Left(view! { <p class="muted">{words::apis::NO_PERMISSIONS}</p> }),
        Some(_) => Either::Right(view! {
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">{words::apis::permissions_caption(&api.name)}</caption>
                    <thead><tr>
                        <th scope="col">{words::apis::PERMISSION}</th>
                        <th scope="col">{words::apis::DESCRIPTION}</th>
                        <th scope="col">{words::apis::INCLUDES}</th>
                    </tr></thead>
                    <tbody>{api.scopes.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }),
    };
    view! { <h2>{words::create_key::PERMISSIONS}</h2>{content} }.into_any()
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
    key_table(
        &shown.room.organization(),
        &shown.keys.rows,
        shown.room.ctx.now(),
        KeyColumn::Owner,
        words::apis::keys_caption(&shown.api.name),
    )
}
