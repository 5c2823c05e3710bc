//! Starting a run.

use domain::command::CreateRun;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::run::Progress;
use domain::view::RunView;
use domain::workspace::WorkspaceStatus;
use domain::{ConflictReason, RunId};

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::conflict;
use crate::reauthorize::reauthorize;
use crate::store::meta;
use crate::store::runs::{self, RunRow};
use crate::workspaces::load;
use crate::{Engine, Result};

impl Engine {
    /// Starts a run, in the state `queued` (decision D22). A waiting worker gets it at once.
    ///
    /// # Errors
    /// As [`Engine::get_workspace`]; `Conflict` for a stopped workspace; `Unauthenticated` when the
    /// caller's credential was revoked meanwhile.
    pub async fn create_run(&self, ctx: &Ctx, command: CreateRun) -> Result<RunView> {
        let reach = permit(&ctx.actor, Action::CreateRun)?;
        let mut tx = self.db().begin().await?;
        // Re-authorization locks the chain's head, so the workspace is not stopped meanwhile.
        reauthorize(self, &mut tx, ctx).await?;
        let workspace = load(&mut tx, &reach, &command.workspace).await?;
        if workspace.status()? == WorkspaceStatus::Stopped {
            return Err(conflict(ConflictReason::WorkspaceIsStopped));
        }

        let row = RunRow {
            id: self.runtime().random_id(RunId::PREFIX),
            organization_id: workspace.organization_id,
            workspace_id: workspace.id,
            seq: meta::next(&mut tx, "run").await?,
            status: Progress::NEW.state.as_str().into(),
            environment: workspace.environment,
            via: if command.by_hook { "hook" } else { "api" }.into(),
            input: command.input,
            created_by: ctx.actor.id.0,
            created_at: ctx.now.0,
            attempts: Progress::NEW.attempts,
            lease: None,
            lease_expires_at: None,
            claimed_at: None,
            ended_at: None,
            error: None,
            creator_name: ctx.actor.name.clone(),
            worker_name: None,
            workspace_name: workspace.name,
        };
        runs::insert(&mut tx, &row).await?;
        let event = Event::new(
            AuditAction::RunCreated,
            "run",
            &row.id,
            &row.workspace_name,
        )
        .changed("workspace", None, Some(&row.workspace_id))
        .changed("trigger", None, Some(&row.via));
        journal(self, &mut tx, ctx, event).await?;
        tx.notify_after_commit(self.queued_runs(), reach.organization());
        tx.commit().await?;
        Ok(row.view()?)
    }
}
