//! Organization Settings → Runs.

use domain::command::RunQuery;
use domain::environment::Environment;
use domain::run::RunState;
use domain::view::{Page as Rows, RunView, WorkspaceView};
use domain::{OrganizationId, Problem};
use leptos::either::EitherOf3;
use leptos::prelude::*;

use super::table::runs_table;
use crate::components::filter_menu::{environment_menu, menu};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::pager::pager;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_RUNS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

const ROWS: i64 = 50;

struct RunList {
    room: OrganizationPage,
    rows: Rows<RunView>,
    /// The workspace whose runs are listed, if the address names one.
    workspace: Option<WorkspaceView>,
    problem: Option<Problem>,
}

/// The runs of one environment that match the filters of the address.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(Screen::Runs(organization.clone()), &request.query);
    let before = place.before();
    let query = RunQuery {
        state: place
            .get("state")
            .and_then(|word| word.parse().ok()),
        workspace: place
            .get("workspace")
            .and_then(|id| id.parse().ok()),
    };
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let data = room.data(context)?;
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let workspace = match &query.workspace {
        None => None,
        Some(id) => Some(
            context
                .engine
                .get_workspace(&data, id)
                .await
                .map_err(to_problem)?,
        ),
    };
    let rows = context
        .engine
        .find_runs(&data, &query, before, ROWS)
        .await
        .map_err(to_problem)?;
    let shown = RunList {
        room,
        rows,
        workspace,
        problem: request.problem().cloned(),
    };
    Ok(Page::new(words::runs::TITLE, move || render(&shown)))
}

fn render(shown: &RunList) -> AnyView {
    let room = &shown.room;
    let place = &room.place;
    let content = match (shown.rows.rows.is_empty(), is_filtered(place)) {
        (true, false) => EitherOf3::A(empty(room)),
        (true, true) => EitherOf3::B(nothing(place)),
        (false, _) => EitherOf3::C(view! {
            {runs_table(room, &room.name, &shown.rows.rows)}
            {pager(place, shown.rows.next, words::runs::NEWEST, words::runs::OLDER)}
        }),
    };
    let lede = words::runs::lede(&room.name, place.environment());
    let body = view! {
        <div class="page-head">
            <div>
                <h1>{words::runs::TITLE}</h1>
                <p class="lede">{lede}" "<a href=DOCS_OF_RUNS>{words::runs::ABOUT}</a></p>
            </div>
        </div>
        {filters(shown)}
        {content}
    };
    frame(
        room,
        words::runs::TITLE,
        shown.problem.as_ref(),
        body.into_any(),
    )
}

fn is_filtered(place: &Location) -> bool {
    ["state", "workspace", "before"]
        .iter()
        .any(|name| place.get(name).is_some())
}

/// The same environment without filters.
fn unfiltered(place: &Location) -> Location {
    Location::in_environment(place.screen.clone(), place.environment())
}

fn filters(shown: &RunList) -> AnyView {
    let place = &shown.room.place;
    let states = RunState::ALL.map(|state| {
        (
            Some(state.as_str().to_owned()),
            state.label().to_owned(),
        )
    });
    let all = (None, words::runs::ALL.to_owned());
    let workspace = shown.workspace.as_ref().map(|workspace| {
        view! { <span class="badge plain"><bdi>{workspace.name.clone()}</bdi></span> }
    });
    let clear = is_filtered(place).then(|| {
        view! { <a class="link-button" href=unfiltered(place).path()>{words::runs::CLEAR}</a> }
    });
    // A workspace is in one environment, so another environment has other workspaces.
    let elsewhere = place.with("workspace", None);
    view! {
        <div class="filters">
            {environment_menu(&elsewhere)}
            {menu(place, "state", words::labels::STATUS, std::iter::once(all).chain(states).collect())}
            {workspace}
            {clear}
        </div>
    }
    .into_any()
}

fn empty(room: &OrganizationPage) -> AnyView {
    let title = match room.place.environment() {
        Environment::Production => words::runs::NONE_YET,
        Environment::Test => words::runs::NONE_IN_TEST,
    };
    let workspaces = Location::in_environment(
        Screen::Workspaces(room.organization()),
        room.place.environment(),
    );
    view! {
        <div class="empty">
            {icon("run")}
            <h2>{title}</h2>
            <p>{words::runs::WHAT_FOR}</p>
            <div class="actions">
                <a class="button" href=workspaces.path()>{icon("workspace")}{words::workspaces::TITLE}</a>
                <a class="button" href=DOCS_OF_RUNS>{icon("book")}{words::runs::ABOUT}</a>
            </div>
        </div>
    }
    .into_any()
}

/// The text if no run matches the filters.
fn nothing(place: &Location) -> AnyView {
    view! {
        <div class="empty">
            {icon("search")}
            <h2>{words::runs::NO_MATCH}</h2>
            <p>{words::runs::NO_MATCH_HINT}</p>
            <div class="actions"><a class="button" href=unfiltered(place).path()>{words::runs::CLEAR}</a></div>
        </div>
    }
    .into_any()
}
