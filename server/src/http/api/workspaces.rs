//! `/api/v1/workspaces` and its alias `/api/projects`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::command::{ChangeWorkspace, CreateWorkspace, DeleteWorkspace};
use domain::policy::Action;
use domain::view::WorkspaceView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::input::{Body, id};
use super::paging::{PageQuery, Paging};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// A list of workspaces.
#[derive(Serialize, ToSchema)]
pub struct WorkspacesBody {
    /// The workspaces, newest first.
    workspaces: Vec<WorkspaceView>,
}

/// A list of workspaces under their alias.
#[derive(Serialize, ToSchema)]
pub struct ProjectsBody {
    /// The workspaces, newest first.
    projects: Vec<WorkspaceView>,
}

/// The workspace to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    /// Its name, 1 to 100 characters.
    #[schema(example = "Analytics", value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The provider of its model: `anthropic`, `vertex_ai` or `openai`.
    #[schema(example = "vertex_ai", value_type = String)]
    provider: Option<String>,
    /// Its model. The default depends on the provider.
    #[schema(example = "gemini-2.5-pro", min_length = 1, max_length = 100)]
    model: Option<String>,
}

/// Whether a workspace takes runs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceChange {
    /// `running`, or `stopped`.
    #[schema(example = "stopped", value_type = String)]
    status: Option<String>,
}

/// List workspaces
///
/// The newest workspaces come first. The `Link` header contains the URL of the next page.
#[utoipa::path(get, path = "/workspaces", operation_id = "list_workspaces", tag = "Workspaces",
    extensions(("x-needs" = json!(Action::ListWorkspaces))),
    params(PageQuery),
    responses((status = 200, body = WorkspacesBody),
        (status = 422, body = ProblemBody)))]
pub async fn list_workspaces(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    paging: Paging,
) -> ApiResult<Response> {
    let page = state
        .engine
        .list_workspaces(&ctx, paging.before, paging.limit)
        .await?;
    let body = Json(WorkspacesBody {
        workspaces: page.rows,
    });
    Ok(paging.answer(&state, "/api/v1/workspaces", page.next, body))
}

/// List projects
///
/// The workspaces under another name.
#[utoipa::path(get, path = "/projects", operation_id = "list_projects", tag = "Workspaces",
    extensions(("x-needs" = json!(Action::ListWorkspaces))),
    params(PageQuery),
    responses((status = 200, body = ProjectsBody),
        (status = 422, body = ProblemBody)))]
pub async fn list_projects(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    paging: Paging,
) -> ApiResult<Response> {
    let page = state
        .engine
        .list_workspaces(&ctx, paging.before, paging.limit)
        .await?;
    Ok(paging.answer(
        &state,
        "/api/projects",
        page.next,
        Json(ProjectsBody {
            projects: page.rows,
        }),
    ))
}

/// Create a workspace
///
/// Its first status is `running`.
#[utoipa::path(post, path = "/workspaces", operation_id = "create_workspace", tag = "Workspaces",
    extensions(("x-needs" = json!(Action::CreateWorkspace))),
    request_body = NewWorkspace,
    responses((status = 201, body = WorkspaceView),
        (status = 422, body = ProblemBody)))]
pub async fn create_workspace(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    Body(new): Body<NewWorkspace>,
) -> ApiResult<(StatusCode, Json<WorkspaceView>)> {
    let name = new.name.unwrap_or_default();
    let provider = new.provider.unwrap_or_default();
    let command = CreateWorkspace::read(&name, &provider, new.model.as_deref())?;
    Ok((
        StatusCode::CREATED,
        Json(
            state
                .engine
                .create_workspace(&ctx, command)
                .await?,
        ),
    ))
}

/// Get a workspace
#[utoipa::path(get, path = "/workspaces/{id}", operation_id = "get_workspace", tag = "Workspaces",
    extensions(("x-needs" = json!(Action::ListWorkspaces))),
    params(("id" = String, Path, description = "The workspace's id", example = "ws_abc123")),
    responses((status = 200, body = WorkspaceView),
        (status = 404, body = ProblemBody)))]
pub async fn get_workspace(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    workspace: Path<String>,
) -> ApiResult<Json<WorkspaceView>> {
    Ok(Json(
        state
            .engine
            .get_workspace(&ctx, &id(workspace)?)
            .await?,
    ))
}

/// Start or stop a workspace
///
/// For its creator and for admins. A stopped workspace takes no runs: starting one returns 409. Its
/// queued runs wait, and a run that a worker has is completed.
#[utoipa::path(patch, path = "/workspaces/{id}", operation_id = "change_workspace", tag = "Workspaces",
    extensions(("x-needs" = json!(Action::ChangeWorkspace))),
    request_body = WorkspaceChange,
    params(("id" = String, Path, description = "The workspace's id", example = "ws_abc123")),
    responses((status = 200, body = WorkspaceView),
        (status = 404, body = ProblemBody)))]
pub async fn change_workspace(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    workspace: Path<String>,
    Body(change): Body<WorkspaceChange>,
) -> ApiResult<Json<WorkspaceView>> {
    let command = ChangeWorkspace::read(id(workspace)?, change.status.as_deref())?;
    Ok(Json(
        state
            .engine
            .change_workspace(&ctx, &command)
            .await?,
    ))
}

/// Delete a workspace
///
/// For its creator and for admins. Its runs are deleted too.
#[utoipa::path(delete, path = "/workspaces/{id}", operation_id = "delete_workspace", tag = "Workspaces",
    extensions(("x-needs" = json!(Action::DeleteWorkspace))),
    params(("id" = String, Path, description = "The workspace's id", example = "ws_abc123")),
    responses((status = 204),
        (status = 404, body = ProblemBody)))]
pub async fn delete_workspace(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    workspace: Path<String>,
) -> ApiResult<StatusCode> {
    state
        .engine
        .delete_workspace(
            &ctx,
            &DeleteWorkspace {
                workspace: id(workspace)?,
            },
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
