//! Listing runs.

use domain::WorkspaceId;
use domain::command::RunQuery;
use domain::policy::{Action, permit};
use domain::view::{Page, RunView};

use crate::ctx::Ctx;
use crate::store::runs::{self, RunRow};
use crate::workspaces::load;
use crate::{Engine, Result};

impl Engine {
    /// The runs of a workspace, newest first.
    ///
    /// # Errors
    /// As [`Engine::get_workspace`].
    pub async fn list_runs(
        &self,
        ctx: &Ctx,
        workspace: &WorkspaceId,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Page<RunView>> {
        let query = RunQuery {
            workspace: Some(workspace.clone()),
            state: None,
        };
        self.find_runs(ctx, &query, before, limit).await
    }

    /// The runs of the caller's organization and environment that match the query, newest first.
    ///
    /// # Errors
    /// As [`Engine::get_workspace`], if the query names a workspace; `Busy`.
    pub async fn find_runs(
        &self,
        ctx: &Ctx,
        query: &RunQuery,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Page<RunView>> {
        let reach = permit(&ctx.actor, Action::ListRuns)?;
        let mut connection = self.db().read().await?;
        if let Some(workspace) = &query.workspace {
            load(&mut connection, &reach, workspace).await?;
        }
        let rows = runs::list(
            &mut connection,
            &reach,
            query,
            before.unwrap_or(i64::MAX),
            limit + 1,
        )
        .await?;
        Ok(Page::cut(rows, limit, |row| row.seq).try_map(RunRow::view)?)
    }
}
