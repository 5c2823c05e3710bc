//! One run: its details, its input, and its output or error.

use domain::run::RunState;
use domain::view::{RunDetail, RunView};
use domain::workspace::WorkspaceStatus;
use domain::{OrganizationId, Problem, RunId};
use leptos::prelude::*;

use super::run_state;
use crate::components::form_card::FormCard;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::{done, when};
use crate::flash::Flash;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_RUNS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

struct RunPageData {
    room: OrganizationPage,
    detail: RunDetail,
    /// Whether its workspace is stopped.
    is_stopped: bool,
    is_cancellable: bool,
    is_cancelled_now: bool,
    problem: Option<Problem>,
}

/// The run, with what its worker reported.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    id: RunId,
) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::Run(organization.clone(), id.clone()),
        &request.query,
    );
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let data = room.data(context)?;
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let detail = context
        .engine
        .get_run(&data, &id)
        .await
        .map_err(to_problem)?;
    let workspace = context
        .engine
        .get_workspace(&data, &detail.run.workspace_id)
        .await
        .map_err(to_problem)?;
    let title = format!("{id} · {}", words::runs::TITLE);
    let shown = RunPageData {
        is_stopped: workspace.status == WorkspaceStatus::Stopped,
        is_cancellable: detail.run.is_cancellable_by(data.actor()),
        is_cancelled_now: matches!(context.take_flash().await, Some(Flash::RunCancelled)),
        room,
        detail,
        problem: request.problem().cloned(),
    };
    Ok(Page::new(&title, move || render(&shown)))
}

fn render(shown: &RunPageData) -> AnyView {
    let run = &shown.detail.run;
    let cancelled = shown
        .is_cancelled_now
        .then(|| done(words::runs::CANCELLED));
    let body = view! {
        {cancelled}
        <div class="page-head"><div class="titled"><h1>{run.id.to_string()}</h1>{run_state(run.status)}</div></div>
        {waiting(shown)}
        {facts(shown)}
        {results(shown)}
        {cancel(shown)}
    };
    frame(
        &shown.room,
        run.id.as_str(),
        shown.problem.as_ref(),
        body.into_any(),
    )
}

/// Why the run has not begun yet.
fn waiting(shown: &RunPageData) -> Option<AnyView> {
    if shown.detail.run.status != RunState::Queued {
        return None;
    }
    let text = if shown.is_stopped {
        view! { <p>{words::runs::WORKSPACE_IS_STOPPED}</p> }.into_any()
    } else {
        view! {
            <p>
                {words::runs::WAITS}
                <code>{words::runs::WORKER_COMMAND}</code>
                ". "
                <a href=DOCS_OF_RUNS>{words::workspaces::SHOW_ME_HOW}</a>
            </p>
        }
        .into_any()
    };
    Some(view! { <div class="notice">{icon("clock")}{text}</div> }.into_any())
}

fn facts(shown: &RunPageData) -> AnyView {
    let (room, run) = (&shown.room, &shown.detail.run);
    let now = room.ctx.now();
    let screen = Screen::Workspace(room.organization(), run.workspace_id.clone());
    let workspace = Location::in_environment(screen, run.environment).path();
    let ended = run
        .ended_at
        .map(|at| view! { <dt>{words::runs::ENDED}</dt><dd>{when(now, at)}</dd> });
    view! {
        <dl class="facts boxed">
            <dt>{words::runs::WORKSPACE}</dt><dd><a href=workspace><bdi>{run.workspace_name.clone()}</bdi></a></dd>
            <dt>{words::create_key::ENVIRONMENT}</dt><dd>{run.environment.label()}</dd>
            <dt>{words::runs::STARTED_BY}</dt>
            <dd><bdi>{run.created_by.clone()}</bdi>", "{when(now, run.created_at)}", "{words::runs::trigger(&run.trigger)}</dd>
            <dt>{words::runs::ATTEMPTS}</dt><dd>{words::runs::attempts(run.attempts)}</dd>
            {worker(run, room)}
            {ended}
        </dl>
    }
    .into_any()
}

/// Who has the run, or had it last.
fn worker(run: &RunView, room: &OrganizationPage) -> Option<AnyView> {
    let (by, at) = (run.claimed_by.clone()?, run.claimed_at?);
    Some(
        view! { <dt>{words::runs::CLAIMED_BY}</dt><dd><bdi>{by}</bdi>", "{when(room.ctx.now(), at)}</dd> }
            .into_any(),
    )
}

/// The error or the output, and the input.
fn results(shown: &RunPageData) -> AnyView {
    let run = &shown.detail.run;
    let error = run
        .error
        .as_deref()
        .map(|error| text(words::runs::ERROR, words::runs::error(error)));
    let output = match (run.status, shown.detail.output_text()) {
        (_, Some(output)) => Some(text(words::runs::OUTPUT, output)),
        (RunState::Queued | RunState::Running, None) => {
            Some(view! { <p class="muted">{words::runs::NO_OUTPUT}</p> }.into_any())
        }
        _ => None,
    };
    let input = match run.input.clone() {
        Some(input) if !input.is_empty() => text(words::runs::INPUT, input),
        _ => view! { <p class="muted">{words::runs::NO_INPUT}</p> }.into_any(),
    };
    view! { {error}{output}{input} }.into_any()
}

fn text(title: &'static str, text: String) -> AnyView {
    view! {
        <figure class="snippet">
            <figcaption>{title}</figcaption>
            <pre translate="no" tabindex="0" dir="auto"><code>{text}</code></pre>
        </figure>
    }
    .into_any()
}

/// The form that cancels the run, for those who can.
fn cancel(shown: &RunPageData) -> Option<AnyView> {
    let run = &shown.detail.run;
    if !shown.is_cancellable {
        return None;
    }
    let effect = match run.status {
        RunState::Running => words::runs::CANCEL_RUNNING,
        _ => words::runs::CANCEL_QUEUED,
    };
    let body = view! {
        <input type="hidden" name="environment" value=run.environment.as_str()/>
        <p>{effect}</p>
    };
    let button = view! { <button class="button danger">{words::runs::CANCEL}</button> };
    let card = FormCard {
        function: "/ui/cancel_run",
        title: words::runs::CANCEL,
        body: body.into_any(),
        note: None,
        button: button.into_any(),
    };
    Some(card.render(&shown.room, Some(("run_id", run.id.to_string()))))
}
