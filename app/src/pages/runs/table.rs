//! The table of runs, which the page of a workspace has too.

use domain::view::RunView;
use leptos::either::Either;
use leptos::prelude::*;

use super::run_state;
use crate::components::frame::OrganizationPage;
use crate::components::list_table::list_table;
use crate::components::when;
use crate::routes::{Location, Screen};
use crate::words;

/// Runs, the newest first. `of` is the organization or the workspace.
pub fn runs_table(room: &OrganizationPage, of: &str, runs: &[RunView]) -> AnyView {
    let rows = runs.iter().map(|run| row(room, run));
    list_table(
        words::runs::caption(of),
        &[
            words::runs::RUN,
            words::runs::WORKSPACE,
            words::runs::STARTED,
            words::runs::ENDED,
            words::runs::ATTEMPTS,
            words::labels::STATUS,
        ],
        Some(words::runs::STARTED),
        rows,
    )
}

fn row(room: &OrganizationPage, run: &RunView) -> AnyView {
    let (organization, now) = (room.organization(), room.ctx.now());
    let link = |screen| Location::in_environment(screen, run.environment).path();
    let to = link(Screen::Run(organization.clone(), run.id.clone()));
    let workspace = link(Screen::Workspace(
        organization,
        run.workspace_id.clone(),
    ));
    let ended = match run.ended_at {
        Some(at) => Either::Left(when(now, at)),
        None => Either::Right(view! { <span class="muted">{words::runs::NOT_ENDED}</span> }),
    };
    let by = run.created_by.clone();
    view! {
        <tr>
            <th scope="row"><a href=to><code class="id">{run.id.to_string()}</code></a></th>
            <td data-label=words::runs::WORKSPACE><a class="quiet" href=workspace><bdi>{run.workspace_name.clone()}</bdi></a></td>
            <td data-label=words::runs::STARTED><div>{when(now, run.created_at)}<span class="sub">{words::labels::BY}<bdi>{by}</bdi></span></div></td>
            <td data-label=words::runs::ENDED>{ended}</td>
            <td data-label=words::runs::ATTEMPTS><span class="number">{run.attempts}</span></td>
            <td data-label=words::labels::STATUS>{run_state(run.status)}</td>
        </tr>
    }
    .into_any()
}
