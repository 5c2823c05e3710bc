//! One workspace: its details, its latest runs, and the forms that start, stop and delete it.

use domain::command::RunQuery;
use domain::view::{Page as Rows, RunView, WorkspaceView};
use domain::workspace::WorkspaceStatus;
use domain::{OrganizationId, Problem, WorkspaceId};
use leptos::prelude::*;

use super::workspace_status;
use crate::components::confirm_name::confirm_name;
use crate::components::form_card::FormCard;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::typed_form::TypedForm;
use crate::components::{created_fact, done};
use crate::flash::{Flash, WorkspaceNotice};
use crate::pages::Page;
use crate::pages::runs::table::runs_table;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_RUNS, Location, Screen, hook_url};
use crate::shared_view::icon;
use crate::words;

/// How many runs the page shows.
const RUNS: i64 = 5;

struct WorkspacePageData {
    room: OrganizationPage,
    workspace: WorkspaceView,
    runs: Rows<RunView>,
    is_managed: bool,
    hook: String,
    flash: Option<Flash>,
    form: TypedForm,
}

/// The workspace with its latest runs.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    id: WorkspaceId,
) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::Workspace(organization.clone(), id.clone()),
        &request.query,
    );
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let data = room.data(context)?;
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let workspace = context
        .engine
        .get_workspace(&data, &id)
        .await
        .map_err(to_problem)?;
    let query = RunQuery {
        workspace: Some(id.clone()),
        state: None,
    };
    let runs = context
        .engine
        .find_runs(&data, &query, None, RUNS)
        .await
        .map_err(to_problem)?;
    let title = format!("{} · {}", workspace.name, words::workspaces::TITLE);
    let shown = WorkspacePageData {
        is_managed: workspace.is_managed_by(data.actor()),
        hook: hook_url(&context.site_config.public_url, &id),
        room,
        workspace,
        runs,
        flash: context.take_flash().await,
        form: TypedForm::of(request),
    };
    Ok(Page::new(&title, move || render(&shown)))
}

fn render(shown: &WorkspacePageData) -> AnyView {
    let workspace = &shown.workspace;
    let forms = shown
        .is_managed
        .then(|| view! { {change(shown)}{delete(shown)} });
    let body = view! {
        {notice(shown)}
        <div class="page-head"><div class="titled"><h1><bdi>{workspace.name.clone()}</bdi></h1>{workspace_status(workspace.status)}</div></div>
        {facts(shown)}
        {runs(shown)}
        {forms}
    };
    frame(
        &shown.room,
        &workspace.name,
        shown.form.problem(),
        body.into_any(),
    )
}

/// The result of the previous page, shown once.
fn notice(shown: &WorkspacePageData) -> Option<AnyView> {
    let Some(Flash::Workspace(notice)) = &shown.flash else {
        return None;
    };
    let text = match notice {
        WorkspaceNotice::Created => words::workspaces::CREATED,
        WorkspaceNotice::Started => words::workspaces::STARTED,
        WorkspaceNotice::Stopped => words::workspaces::STOPPED,
        WorkspaceNotice::Deleted { .. } => return None,
    };
    let name = shown.workspace.name.clone();
    Some(done(view! { "“"<bdi>{name}</bdi>"”"{text} }))
}

fn facts(shown: &WorkspacePageData) -> AnyView {
    let workspace = &shown.workspace;
    let by = Some(workspace.created_by.clone());
    view! {
        <dl class="facts boxed">
            <dt>{words::workspaces::MODEL}</dt><dd><bdi>{workspace.model.clone()}</bdi></dd>
            <dt>{words::workspaces::PROVIDER}</dt><dd>{words::workspaces::provider(&workspace.provider)}</dd>
            <dt>{words::create_key::ENVIRONMENT}</dt><dd>{workspace.environment.label()}</dd>
            {created_fact(shown.room.ctx.now(), workspace.created_at, by)}
            <dt>{words::workspaces::ID}</dt><dd><code class="id">{workspace.id.to_string()}</code></dd>
            <dt>{words::workspaces::HOOK}</dt>
            <dd>
                <code class="id">{shown.hook.clone()}</code>
                <span class="sub">
                    {words::workspaces::HOOK_HINT}
                    " "
                    <a href=DOCS_OF_RUNS>{words::workspaces::SHOW_ME_HOW}</a>
                </span>
            </dd>
        </dl>
    }
    .into_any()
}

fn runs(shown: &WorkspacePageData) -> AnyView {
    let room = &shown.room;
    let all = Location::in_environment(
        Screen::Runs(room.organization()),
        shown.workspace.environment,
    )
    .with("workspace", Some(shown.workspace.id.as_str()));
    if shown.runs.rows.is_empty() {
        return view! { <h2>{words::workspaces::LATEST_RUNS}</h2><p class="muted">{words::runs::NONE_IN_WORKSPACE}</p> }
            .into_any();
    }
    view! {
        <div class="page-head"><h2>{words::workspaces::LATEST_RUNS}</h2><a href=all.path()>{words::workspaces::ALL_RUNS}</a></div>
        {runs_table(room, &shown.workspace.name, &shown.runs.rows)}
    }
    .into_any()
}

fn card(
    shown: &WorkspacePageData,
    function: &'static str,
    title: &'static str,
    body: AnyView,
    button: AnyView,
) -> AnyView {
    let environment = shown.workspace.environment.as_str();
    let body = view! { <input type="hidden" name="environment" value=environment/>{body} };
    FormCard {
        function,
        title,
        body: body.into_any(),
        note: None,
        button,
    }
    .render(
        &shown.room,
        Some(("workspace_id", shown.workspace.id.to_string())),
    )
}

/// The form that stops the workspace, or starts it.
fn change(shown: &WorkspacePageData) -> AnyView {
    const CHANGE: &str = "/ui/change_workspace";
    match shown.workspace.status {
        WorkspaceStatus::Stopped => {
            let body = view! { <p>{words::workspaces::START_EFFECT}</p> };
            let button = view! { <button class="button primary" name="status" value=WorkspaceStatus::Running.as_str()>{words::workspaces::START}</button> };
            card(
                shown,
                CHANGE,
                words::workspaces::START_TITLE,
                body.into_any(),
                button.into_any(),
            )
        }
        WorkspaceStatus::Running => {
            let [refused, completed] = words::workspaces::STOP_EFFECTS;
            let body = view! {
                <ul class="plain-list">
                    <li>{icon("clock")}{refused}</li>
                    <li>{icon("rotate")}{completed}</li>
                </ul>
            };
            let button = view! { <button class="button" name="status" value=WorkspaceStatus::Stopped.as_str()>{words::workspaces::STOP}</button> };
            card(
                shown,
                CHANGE,
                words::workspaces::STOP_TITLE,
                body.into_any(),
                button.into_any(),
            )
        }
    }
}

/// The form that deletes the workspace, which the person confirms by typing its name.
fn delete(shown: &WorkspacePageData) -> AnyView {
    let confirm = confirm_name(
        shown.workspace.name.clone(),
        words::workspaces::DELETE_HINT,
        shown.form.problem(),
        shown.form.value("confirm_name"),
        false,
    );
    let body = view! {
        <ul class="plain-list"><li>{icon("danger")}{words::workspaces::DELETE_EFFECT}</li></ul>
        {confirm}
    };
    let button = view! { <button class="button danger">{words::workspaces::DELETE}</button> };
    card(
        shown,
        "/ui/delete_workspace",
        words::workspaces::DELETE_TITLE,
        body.into_any(),
        button.into_any(),
    )
}
