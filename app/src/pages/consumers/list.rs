//! Organization Settings → Consumers.

use domain::command::ConsumerQuery;
use domain::view::{ConsumerView, Page as Rows};
use domain::{ActorId, Moment, OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use super::consumer_status;
use crate::components::created_cell;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::list_table::list_table;
use crate::components::pager::pager;
use crate::components::search::search;
use crate::pages::{Page, PageResponse};
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_APIS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

const ROWS: i64 = 50;

/// Every consumer of the organization. Only admins and owners see them.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::Consumers(organization.clone()),
        &request.query,
    );
    if request.query_value("q") != place.get("q") {
        // The redirect removes what must not be in a URL, such as a whole key.
        return Ok(PageResponse::Go(place.path()));
    }
    let query = ConsumerQuery {
        external_id: None,
        text: place.get("q").map(str::to_owned),
        before: place.before().map(ActorId),
    };
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let rows = context
        .engine
        .list_consumers(&room.ctx, &query, ROWS)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let problem = request.problem().cloned();
    Ok(PageResponse::Page(Page::new(
        words::consumers::TITLE,
        move || render(&room, &rows, problem.as_ref()),
    )))
}

fn render(
    room: &OrganizationPage,
    rows: &Rows<ConsumerView>,
    problem: Option<&Problem>,
) -> AnyView {
    let is_empty = rows.rows.is_empty() && room.place.before().is_none();
    let is_searched = room.place.get("q").is_some();
    let content = match (is_empty, is_searched) {
        (true, false) => Either::Left(empty(room)),
        (true, true) => Either::Right(Either::Left(view! {
            {filters(room)}
            {no_match(room)}
        })),
        (false, _) => Either::Right(Either::Right(view! {
            {filters(room)}
            {table(room, &rows.rows)}
            {pager(&room.place, rows.next, words::consumers::NEWEST, words::consumers::OLDER)}
        })),
    };
    let body = view! {
        <div class="page-head">
            <div>
                <h1>{words::consumers::TITLE}</h1>
                <p class="lede">{words::consumers::lede(&room.name)}" "<a href=DOCS_OF_APIS>{words::consumers::ABOUT}</a></p>
            </div>
            {create_link(room)}
        </div>
        {content}
    };
    frame(
        room,
        words::consumers::TITLE,
        problem,
        body.into_any(),
    )
}

fn create_link(room: &OrganizationPage) -> impl IntoView + use<> {
    let to = Screen::NewConsumer(room.organization()).path();
    view! { <a class="button primary" href=to data-dialog="go">{icon("plus")}{words::consumers::CREATE}</a> }
}

fn filters(room: &OrganizationPage) -> AnyView {
    view! { <div class="filters">{search(room, words::consumers::SEARCH_LABEL)}{clear(room)}</div> }
        .into_any()
}

/// The link to all consumers, if the list is searched.
fn clear(room: &OrganizationPage) -> Option<AnyView> {
    room.place.get("q")?;
    let all = Screen::Consumers(room.organization()).path();
    Some(view! { <a class="link-button" href=all>{words::consumers::CLEAR_SEARCH}</a> }.into_any())
}

fn no_match(room: &OrganizationPage) -> AnyView {
    view! {
        <div class="empty">
            {icon("search")}
            <h2>{words::consumers::NO_MATCH}</h2>
            <p>{words::consumers::NO_MATCH_HINT}</p>
            <div class="actions">{create_link(room)}</div>
        </div>
    }
    .into_any()
}

fn empty(room: &OrganizationPage) -> AnyView {
    view! {
        <div class="empty">
            {icon("consumer")}
            <h2>{words::consumers::NONE_YET}</h2>
            <p>{words::consumers::WHAT_FOR}</p>
            <div class="actions">{create_link(room)}</div>
        </div>
    }
    .into_any()
}

fn table(room: &OrganizationPage, consumers: &[ConsumerView]) -> AnyView {
    let now = room.ctx.now();
    let rows = consumers
        .iter()
        .map(|consumer| row(room.organization(), consumer, now));
    list_table(
        words::consumers::caption(&room.name),
        &[
            words::labels::NAME,
            words::consumers::EXTERNAL_ID,
            words::labels::ACTIVE_KEYS,
            words::labels::CREATED,
            words::labels::STATUS,
        ],
        Some(words::labels::CREATED),
        rows,
    )
}

fn row(organization: OrganizationId, consumer: &ConsumerView, now: Moment) -> AnyView {
    let to = Screen::Consumer(organization, consumer.actor_id).path();
    view! {
        <tr class=consumer.is_paused.then_some("inactive")>
            <th scope="row"><a href=to title=consumer.name.clone()><bdi>{consumer.name.clone()}</bdi></a></th>
            <td data-label=words::consumers::EXTERNAL_ID><code class="id">{consumer.external_id.clone()}</code></td>
            <td data-label=words::labels::ACTIVE_KEYS><span class="number">{consumer.active_keys}</span></td>
            {created_cell(now, consumer.created_at, consumer.created_by.clone())}
            <td data-label=words::labels::STATUS>{consumer_status(consumer.is_paused)}</td>
        </tr>
    }
    .into_any()
}
