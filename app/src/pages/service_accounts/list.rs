//! Organization Settings → Service accounts.

use domain::view::{Page as Rows, ServiceAccount};
use domain::{Moment, OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::created_cell;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::list_table::list_table;
use crate::components::pager::pager;
use crate::components::service_accounts::account_status;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_ACCOUNTS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

const ROWS: i64 = 50;

/// Every service account of the organization. Only admins and owners see them.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::ServiceAccounts(organization.clone()),
        &request.query,
    );
    let before = place.before();
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let rows = context
        .engine
        .list_service_accounts(&room.ctx, before, ROWS)
        .await;
    let rows = rows.map_err(|error| context.to_problem(&error))?;
    let problem = request.problem().cloned();
    Ok(Page::new(words::service_accounts::TITLE, move || {
        render(&room, &rows, problem.as_ref())
    }))
}

fn render(
    room: &OrganizationPage,
    rows: &Rows<ServiceAccount>,
    problem: Option<&Problem>,
) -> AnyView {
    let content = match rows.rows.is_empty() && room.place.before().is_none() {
        true => Either::Left(empty(room)),
        false => Either::Right(view! {
            {table(room, &rows.rows)}
            {pager(&room.place, rows.next, words::service_accounts::NEWEST, words::service_accounts::OLDER)}
        }),
    };
    let body = view! {
        <div class="page-head">
            <div>
                <h1>{words::service_accounts::TITLE}</h1>
                <p class="lede">
                    {words::service_accounts::lede(&room.name)}
                    " "
                    <a href=DOCS_OF_ACCOUNTS>{words::service_accounts::ABOUT}</a>
                </p>
            </div>
            {create_link(room)}
        </div>
        {content}
    };
    frame(
        room,
        words::service_accounts::TITLE,
        problem,
        body.into_any(),
    )
}

fn create_link(room: &OrganizationPage) -> impl IntoView + use<> {
    let to = Screen::NewServiceAccount(room.organization()).path();
    view! { <a class="button primary" href=to data-dialog="go">{icon("plus")}{words::service_accounts::CREATE}</a> }
}

fn empty(room: &OrganizationPage) -> AnyView {
    view! {
        <div class="empty">
            {icon("robot")}
            <h2>{words::service_accounts::NONE_YET}</h2>
            <p>{words::service_accounts::WHAT_FOR}</p>
            <div class="actions">{create_link(room)}</div>
        </div>
    }
    .into_any()
}

fn table(room: &OrganizationPage, accounts: &[ServiceAccount]) -> AnyView {
    let now = room.ctx.now();
    let rows = accounts
        .iter()
        .map(|account| row(room.organization(), account, now));
    list_table(
        words::service_accounts::caption(&room.name),
        &[
            words::labels::NAME,
            words::labels::ROLE,
            words::labels::ACTIVE_KEYS,
            words::labels::CREATED,
            words::labels::STATUS,
        ],
        Some(words::labels::CREATED),
        rows,
    )
}

fn row(organization: OrganizationId, account: &ServiceAccount, now: Moment) -> AnyView {
    let to = Screen::ServiceAccount(organization, account.actor_id).path();
    view! {
        <tr class=account.is_disabled.then_some("inactive")>
            <th scope="row"><a href=to title=account.name.clone()><bdi>{account.name.clone()}</bdi></a></th>
            <td data-label=words::labels::ROLE>{account.role.label()}</td>
            <td data-label=words::labels::ACTIVE_KEYS><span class="number">{account.active_keys}</span></td>
            {created_cell(now, account.created_at, account.created_by.clone())}
            <td data-label=words::labels::STATUS>{account_status(account.is_disabled)}</td>
        </tr>
    }
    .into_any()
}
