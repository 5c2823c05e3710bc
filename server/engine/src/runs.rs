//! Runs of workspaces.

use domain::command::CreateRun;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::view::{Page, RunView};
use domain::{RunId, WorkspaceId};

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::meta;
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
        let reach = permit(&ctx.actor, Action::ListRuns)?;
        let mut connection = self.db().read().await?;
        load(&mut connection, &reach, workspace).await?;
        let rows = runs::list(
            &mut connection,
            &reach,
            workspace,
            before.unwrap_or(i64::MAX),
            limit + 1,
        )
        .await?;
        Ok(Page::cut(rows, limit, |row| row.seq).try_map(RunRow::view)?)
    }

    /// Starts a run, in the state `queued` (decision D22).
    ///
    /// # Errors
    /// As [`Engine::get_workspace`]; `Unauthenticated` when the caller's credential was revoked
    /// meanwhile.
    pub async fn create_run(&self, ctx: &Ctx, command: CreateRun) -> Result<RunView> {
        let reach = permit(&ctx.actor, Action::CreateRun)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let workspace = load(&mut tx, &reach, &command.workspace).await?;
        let row = RunRow {
            id: self.runtime().random_id(RunId::PREFIX),
            organization_id: workspace.organization_id,
            workspace_id: workspace.id,
            seq: meta::next(&mut tx, "run").await?,
            status: "queued".into(),
            environment: workspace.environment,
            via: if command.by_hook { "hook" } else { "api" }.into(),
            input: command.input,
            created_by: ctx.actor.id.0,
            created_at: ctx.now.0,
            creator_name: ctx.actor.name.clone(),
        };
        runs::insert(&mut tx, &row).await?;
        let event = Event::new(
            AuditAction::RunCreated,
            "run",
            &row.id,
            &workspace.name,
        )
        .changed("workspace", None, Some(&row.workspace_id))
        .changed("trigger", None, Some(&row.via));
        journal(self, &mut tx, ctx, event).await?;
        tx.commit().await?;
        Ok(row.view()?)
    }
}
