//! Organization Settings → Workspaces.

use domain::environment::Environment;
use domain::view::{Page as Rows, WorkspaceView};
use domain::workspace::WorkspaceStatus;
use domain::{OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use super::workspace_status;
use crate::components::filter_menu::environment_menu;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::list_table::list_table;
use crate::components::pager::pager;
use crate::components::{created_cell, done};
use crate::flash::{Flash, WorkspaceNotice};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_RUNS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

const ROWS: i64 = 50;

struct WorkspaceList {
    room: OrganizationPage,
    rows: Rows<WorkspaceView>,
    flash: Option<Flash>,
    problem: Option<Problem>,
}

/// The workspaces of one environment.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::Workspaces(organization.clone()),
        &request.query,
    );
    let before = place.before();
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let rows = context
        .engine
        .list_workspaces(&room.data(context)?, before, ROWS)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let shown = WorkspaceList {
        room,
        rows,
        flash: context.take_flash().await,
        problem: request.problem().cloned(),
    };
    Ok(Page::new(words::workspaces::TITLE, move || {
        render(&shown)
    }))
}

fn render(shown: &WorkspaceList) -> AnyView {
    let room = &shown.room;
    let content = match shown.rows.rows.is_empty() && room.place.before().is_none() {
        true => Either::Left(empty(room)),
        false => Either::Right(view! {
            {table(room, &shown.rows.rows)}
            {pager(&room.place, shown.rows.next, words::workspaces::NEWEST, words::workspaces::OLDER)}
        }),
    };
    let lede = words::workspaces::lede(&room.name, room.place.environment());
    let body = view! {
        {notice(shown)}
        <div class="page-head">
            <div>
                <h1>{words::workspaces::TITLE}</h1>
                <p class="lede">{lede}" "<a href=DOCS_OF_RUNS>{words::workspaces::ABOUT}</a></p>
            </div>
            {create_link(room)}
        </div>
        <div class="filters">{environment_menu(&room.place)}</div>
        {content}
    };
    frame(
        room,
        words::workspaces::TITLE,
        shown.problem.as_ref(),
        body.into_any(),
    )
}

/// The result of the previous page, shown once.
fn notice(shown: &WorkspaceList) -> Option<AnyView> {
    let Some(Flash::Workspace(WorkspaceNotice::Deleted { name })) = &shown.flash else {
        return None;
    };
    let name = name.clone();
    Some(done(
        view! { "“"<bdi>{name}</bdi>"”"{words::workspaces::DELETED} },
    ))
}

fn create_link(room: &OrganizationPage) -> impl IntoView + use<> {
    let screen = Screen::NewWorkspace(room.organization());
    let to = Location::in_environment(screen, room.place.environment()).path();
    view! { <a class="button primary" href=to data-dialog="go">{icon("plus")}{words::workspaces::CREATE}</a> }
}

fn empty(room: &OrganizationPage) -> AnyView {
    let title = match room.place.environment() {
        Environment::Production => words::workspaces::NONE_YET,
        Environment::Test => words::workspaces::NONE_IN_TEST,
    };
    view! {
        <div class="empty">
            {icon("workspace")}
            <h2>{title}</h2>
            <p>{words::workspaces::WHAT_FOR}</p>
            <div class="actions">{create_link(room)}</div>
        </div>
    }
    .into_any()
}

fn table(room: &OrganizationPage, workspaces: &[WorkspaceView]) -> AnyView {
    let rows = workspaces
        .iter()
        .map(|workspace| row(room, workspace));
    list_table(
        words::workspaces::caption(&room.name),
        &[
            words::labels::NAME,
            words::workspaces::MODEL,
            words::workspaces::ID,
            words::labels::CREATED,
            words::labels::STATUS,
        ],
        Some(words::labels::CREATED),
        rows,
    )
}

fn row(room: &OrganizationPage, workspace: &WorkspaceView) -> AnyView {
    let screen = Screen::Workspace(room.organization(), workspace.id.clone());
    let to = Location::in_environment(screen, workspace.environment).path();
    let is_stopped = workspace.status == WorkspaceStatus::Stopped;
    let by = Some(workspace.created_by.clone());
    view! {
        <tr class=is_stopped.then_some("inactive")>
            <th scope="row"><a href=to title=workspace.name.clone()><bdi>{workspace.name.clone()}</bdi></a></th>
            <td data-label=words::workspaces::MODEL><div><bdi>{workspace.model.clone()}</bdi><span class="sub">{words::workspaces::provider(&workspace.provider)}</span></div></td>
            <td data-label=words::workspaces::ID><code class="id">{workspace.id.to_string()}</code></td>
            {created_cell(room.ctx.now(), workspace.created_at, by)}
            <td data-label=words::labels::STATUS>{workspace_status(workspace.status)}</td>
        </tr>
    }
    .into_any()
}
