//! What workers call: claim a run, extend its lease, and report its result (D30).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::Moment;
use domain::command::{ClaimRun, CompleteRun, ExtendLease};
use domain::policy::Action;
use domain::view::{ClaimedRun, RunView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::input::{Body, MaybeBody, id, whole};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// The path of the operation that waits for a run, below `/api`.
pub const CLAIM: &str = "/v1/runs/claim";
/// The most bytes of a report. JSON of 64 KiB can be longer in the body, which may have white space
/// and escaped characters.
pub const REPORT_LIMIT: usize = 512 * 1024;

/// Which run a worker claims.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunClaim {
    /// Only runs of this workspace.
    #[schema(example = "ws_abc123", pattern = "^ws_[0-9A-Za-z]{1,40}$")]
    workspace_id: Option<String>,
    /// How many seconds to wait for a run, 0 to 30. The default is 30.
    #[schema(minimum = 0, maximum = 30, example = 30)]
    #[serde(default, deserialize_with = "whole")]
    wait_seconds: Option<i64>,
}

/// A report that the worker is still at work.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaseReport {
    /// The lease of the run.
    #[schema(example = "lease_5Zk0c3Yx9bQm2VtA", value_type = String, min_length = 1)]
    lease: Option<String>,
}

/// The new end of a lease.
#[derive(Serialize, ToSchema)]
pub struct LeaseBody {
    /// When another worker can get the run, unless this one sends a heartbeat; UTC.
    #[schema(example = "2026-04-08T19:52:20Z", format = DateTime, value_type = String)]
    lease_expires_at: Moment,
}

/// The result of a run: an output or an error.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultReport {
    /// The lease of the run.
    #[schema(example = "lease_5Zk0c3Yx9bQm2VtA", value_type = String, min_length = 1)]
    lease: Option<String>,
    /// The output of a run that succeeded: any JSON value of up to 64 KiB. The default is `null`.
    output: Option<Value>,
    /// The error of a run that failed, 1 to 4,000 characters.
    #[schema(
        example = "The report is not available",
        min_length = 1,
        max_length = 4000
    )]
    error: Option<String>,
}

/// Claim a run
///
/// Gives the oldest run of the queue to the caller for 60 seconds. If there is none, the response
/// waits up to `wait_seconds` for one, and is 204 if none came. Send a heartbeat every 20 seconds
/// while you work on the run, then complete it. Runs of stopped workspaces wait.
#[utoipa::path(post, path = "/runs/claim", operation_id = "claim_run", tag = "Workers",
    extensions(("x-needs" = json!(Action::WorkOnRuns))),
    request_body(content = Option<RunClaim>),
    responses((status = 200, body = ClaimedRun), (status = 204, description = "No run came"),
        (status = 404, body = ProblemBody)))]
pub async fn claim_run(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    MaybeBody(claim): MaybeBody<RunClaim>,
) -> ApiResult<Response> {
    let command = ClaimRun::read(claim.workspace_id.as_deref(), claim.wait_seconds)?;
    let claimed = state.engine.claim_run(&ctx, &command).await?;
    Ok(match claimed {
        Some(run) => Json(run).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Extend the lease of a run
///
/// The run stays with the caller for another 60 seconds. The code `run_cancelled` says that someone
/// has cancelled the run, and `lease_lost` that the lease has expired: stop working on the run.
#[utoipa::path(post, path = "/runs/{id}/heartbeat", operation_id = "extend_lease", tag = "Workers",
    extensions(("x-needs" = json!(Action::WorkOnRuns))),
    request_body = LeaseReport,
    params(("id" = String, Path, description = "The run's id", example = "run_abc123")),
    responses((status = 200, body = LeaseBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn extend_lease(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    run: Path<String>,
    Body(report): Body<LeaseReport>,
) -> ApiResult<Json<LeaseBody>> {
    let command = ExtendLease::read(id(run)?, report.lease)?;
    let lease_expires_at = state.engine.extend_lease(&ctx, &command).await?;
    Ok(Json(LeaseBody { lease_expires_at }))
}

/// Complete a run
///
/// With an output, the run has succeeded, with an error, it has failed. A report with a lease that
/// has expired is refused with the code `lease_lost`, and changes nothing. The same report can be
/// sent again.
#[utoipa::path(post, path = "/runs/{id}/complete", operation_id = "complete_run", tag = "Workers",
    extensions(("x-needs" = json!(Action::WorkOnRuns))),
    request_body = ResultReport,
    params(("id" = String, Path, description = "The run's id", example = "run_abc123")),
    responses((status = 200, body = RunView), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 413, body = ProblemBody, description = "The body is larger than 512 KiB")))]
pub async fn complete_run(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    run: Path<String>,
    Body(report): Body<ResultReport>,
) -> ApiResult<Json<RunView>> {
    let command = CompleteRun::read(id(run)?, report.lease, report.output, report.error)?;
    Ok(Json(state.engine.complete_run(&ctx, &command).await?))
}
