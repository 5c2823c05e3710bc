//! `/api/v1/workspaces/{id}/runs`, and the webhook-style address of the same.
#![expect(unused_qualifications, reason = "the macro writes a parameter beside a set of parameters so")]

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::WorkspaceId;
use domain::command::CreateRun;
use domain::policy::Action;
use domain::view::RunView;
use engine::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::{Caller, MaybeBody, id};
use super::paging::{PageQuery, Paging};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// A list of runs.
#[derive(Serialize, ToSchema)]
pub struct RunsBody {
    /// The runs, newest first.
    runs: Vec<RunView>,
}

/// A run to be started.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// What is given to it, up to 10,000 characters.
    #[schema(example = "Summarize the week", max_length = 10000)]
    input: Option<String>,
}

/// A key in the address, which only this one accepts. Prefer a header.
#[derive(IntoParams)]
#[expect(dead_code, reason = "read where credentials are read; described here")]
#[into_params(parameter_in = Query)]
pub struct HookQuery {
    /// The key.
    token: Option<String>,
    /// The key, by its other name.
    api_key: Option<String>,
}

/// List the runs of a workspace
///
/// Newest first. A `Link` header leads to the next page.
#[utoipa::path(get, path = "/workspaces/{id}/runs", operation_id = "list_runs", tag = "Runs",
    extensions(("x-needs" = json!(Action::ListRuns))),
    params(("id" = String, Path, description = "The workspace's id", example = "ws_abc123"), PageQuery),
    responses((status = 200, body = RunsBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list_runs(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    workspace: Path<String>,
    paging: Paging,
) -> ApiResult<Response> {
    let workspace: WorkspaceId = id(workspace)?;
    let page = state.engine.list_runs(&ctx, &workspace, paging.before, paging.limit).await?;
    let path = format!("/api/v1/workspaces/{workspace}/runs");
    Ok(paging.answer(&state, &path, page.next, Json(RunsBody { runs: page.rows })))
}

/// Start a run
#[utoipa::path(post, path = "/workspaces/{id}/runs", operation_id = "create_run", tag = "Runs",
    extensions(("x-needs" = json!(Action::CreateRun))),
    request_body(content = Option<NewRun>),
    params(("id" = String, Path, description = "The workspace's id", example = "ws_abc123")),
    responses((status = 201, body = RunView), (status = 404, body = ProblemBody)))]
pub async fn create_run(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    workspace: Path<String>,
    MaybeBody(run): MaybeBody<NewRun>,
) -> ApiResult<(StatusCode, Json<RunView>)> {
    start(&state, &ctx, workspace, run, false).await
}

/// Start a run by webhook
///
/// For senders that can set no header: only here a key is accepted as `?token=` or `?api_key=`. Prefer a header where
/// you can; addresses end up in logs.
#[utoipa::path(post, path = "/hooks/{workspace_id}/runs", operation_id = "create_run_by_hook", tag = "Runs",
    extensions(("x-needs" = json!(Action::CreateRun))),
    request_body(content = Option<NewRun>),
    params(("workspace_id" = String, Path, description = "The workspace's id", example = "ws_abc123"), HookQuery),
    responses((status = 201, body = RunView), (status = 404, body = ProblemBody)))]
pub async fn create_run_by_hook(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    workspace: Path<String>,
    MaybeBody(run): MaybeBody<NewRun>,
) -> ApiResult<(StatusCode, Json<RunView>)> {
    start(&state, &ctx, workspace, run, true).await
}

async fn start(
    state: &AppState,
    ctx: &Ctx,
    workspace: Path<String>,
    run: NewRun,
    by_hook: bool,
) -> ApiResult<(StatusCode, Json<RunView>)> {
    let command = CreateRun::read(id(workspace)?, run.input, by_hook)?;
    Ok((StatusCode::CREATED, Json(state.engine.create_run(ctx, command).await?)))
}
