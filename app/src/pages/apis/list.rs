//! Organization Settings → APIs.

use domain::policy::{Action, Grant, decide};
use domain::view::{ApiView, Page as Rows};
use domain::{Moment, OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use super::api_status;
use crate::components::created_cell;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::list_table::list_table;
use crate::components::pager::pager;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_APIS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

const ROWS: i64 = 50;

/// Every API of the organization.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(Screen::Apis(organization.clone()), &request.query);
    let before = place.before();
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let rows = context
        .engine
        .list_apis(&room.ctx, before, ROWS)
        .await;
    let rows = rows.map_err(|error| context.to_problem(&error))?;
    let problem = request.problem().cloned();
    Ok(Page::new(words::apis::TITLE, move || {
        render(&room, &rows, problem.as_ref())
    }))
}

fn render(room: &OrganizationPage, rows: &Rows<ApiView>, problem: Option<&Problem>) -> AnyView {
    let content = match rows.rows.is_empty() && room.place.before().is_none() {
        true => Either::Left(empty(room)),
        false => Either::Right(view! {
            {table(room, &rows.rows)}
            {pager(&room.place, rows.next, words::apis::NEWEST, words::apis::OLDER)}
        }),
    };
    let body = view! {
        <div class="page-head">
            <div>
                <h1>{words::apis::TITLE}</h1>
                <p class="lede">{words::apis::lede(&room.name)}" "<a href=DOCS_OF_APIS>{words::apis::ABOUT}</a></p>
            </div>
            {register_link(room)}
        </div>
        {content}
    };
    frame(room, words::apis::TITLE, problem, body.into_any())
}

/// The link to the form, for those who can register an API.
fn register_link(room: &OrganizationPage) -> impl IntoView + use<> {
    let form = Screen::NewApi(room.organization()).path();
    (decide(room.ctx.actor().role, Action::ManageApis) != Grant::No).then(|| {
        view! { <a class="button primary" href=form data-dialog="go">{icon("plus")}{words::apis::REGISTER}</a> }
    })
}

fn empty(room: &OrganizationPage) -> AnyView {
    view! {
        <div class="empty">
            {icon("api")}
            <h2>{words::apis::NONE_YET}</h2>
            <p>{words::apis::WHAT_FOR}</p>
            <div class="actions">{register_link(room)}<a class="button" href=DOCS_OF_APIS>{words::apis::SHOW_ME_HOW}</a></div>
        </div>
    }
    .into_any()
}

fn table(room: &OrganizationPage, apis: &[ApiView]) -> AnyView {
    let now = room.ctx.now();
    let rows = apis
        .iter()
        .map(|api| row(room.organization(), api, now));
    list_table(
        words::apis::caption(&room.name),
        &[
            words::labels::NAME,
            words::apis::SLUG,
            words::labels::ACTIVE_KEYS,
            words::labels::CREATED,
            words::labels::STATUS,
        ],
        Some(words::labels::CREATED),
        rows,
    )
}

fn row(organization: OrganizationId, api: &ApiView, now: Moment) -> AnyView {
    let to = Screen::Api(organization, api.slug.clone()).path();
    view! {
        <tr class=api.is_archived.then_some("inactive")>
            <th scope="row"><a href=to title=api.name.clone()><bdi>{api.name.clone()}</bdi></a></th>
            <td data-label=words::apis::SLUG><code>{api.slug.to_string()}</code></td>
            <td data-label=words::labels::ACTIVE_KEYS><span class="number">{api.active_keys}</span></td>
            {created_cell(now, api.created_at, api.created_by.clone())}
            <td data-label=words::labels::STATUS>{api_status(api.is_archived)}</td>
        </tr>
    }
    .into_any()
}
