//! Workspaces.

use domain::WorkspaceId;
use domain::command::{ChangeWorkspace, CreateWorkspace, DeleteWorkspace};
use domain::event::{AuditAction, Event};
use domain::policy::{Action, Reach, permit};
use domain::view::{Page, WorkspaceView};
use domain::workspace::WorkspaceStatus;

use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::workspaces::{self, WorkspaceRow};
use crate::store::{self, Connection};
use crate::{Engine, Error, Result};

impl Engine {
    /// The workspaces of the caller's organization and environment, newest first.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_workspaces(
        &self,
        ctx: &Ctx,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Page<WorkspaceView>> {
        let reach = permit(&ctx.actor, Action::ListWorkspaces)?;
        let mut connection = self.db().read().await?;
        let rows = workspaces::list(
            &mut connection,
            reach.organization(),
            reach.environment(),
            before.unwrap_or(i64::MAX),
            limit + 1,
        )
        .await?;
        Ok(Page::cut(rows, limit, |row| row.seq).try_map(WorkspaceRow::view)?)
    }

    /// One workspace.
    ///
    /// # Errors
    /// `Denied` for a workspace of another organization (decision D9), `NotFound` when there is
    /// none in the caller's environment.
    pub async fn get_workspace(&self, ctx: &Ctx, id: &WorkspaceId) -> Result<WorkspaceView> {
        let reach = permit(&ctx.actor, Action::ListWorkspaces)?;
        Ok(load(&mut self.db().read().await?, &reach, id)
            .await?
            .view()?)
    }

    /// Creates a workspace, in the state `running` (decision D22).
    ///
    /// # Errors
    /// `Unauthenticated` when the caller's credential was revoked meanwhile.
    pub async fn create_workspace(
        &self,
        ctx: &Ctx,
        command: CreateWorkspace,
    ) -> Result<WorkspaceView> {
        let reach = permit(&ctx.actor, Action::CreateWorkspace)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let row = WorkspaceRow {
            id: self.runtime().random_id(WorkspaceId::PREFIX),
            organization_id: reach.organization().to_string(),
            seq: store::meta::next(&mut tx, "workspace").await?,
            name: command.name.into(),
            provider: command.provider.as_str().into(),
            model: command.model.into(),
            status: WorkspaceStatus::Running.as_str().into(),
            environment: reach.environment().as_str().into(),
            created_by: ctx.actor.id.0,
            created_at: ctx.now.0,
            creator_name: ctx.actor.name.clone(),
        };
        workspaces::insert(&mut tx, &row).await?;
        let event = Event::new(
            AuditAction::WorkspaceCreated,
            "workspace",
            &row.id,
            &row.name,
        )
        .changed("provider", None, Some(&row.provider))
        .changed("model", None, Some(&row.model));
        journal(self, &mut tx, ctx, event).await?;
        tx.commit().await?;
        Ok(row.view()?)
    }

    /// Starts or stops a workspace. Its creator and admins may. A stopped workspace takes no runs, and
    /// its queued runs wait. A change without an effect leaves no event.
    ///
    /// # Errors
    /// `Denied`, `NotFound`.
    pub async fn change_workspace(
        &self,
        ctx: &Ctx,
        command: &ChangeWorkspace,
    ) -> Result<WorkspaceView> {
        let reach = permit(&ctx.actor, Action::ChangeWorkspace)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let before = load(&mut tx, &reach, &command.workspace).await?;
        if !reach.covers(before.creator()) {
            return Err(Error::Denied);
        }
        if before.status()? == command.status {
            return Ok(before.view()?);
        }
        let action = match command.status {
            WorkspaceStatus::Running => AuditAction::WorkspaceStarted,
            WorkspaceStatus::Stopped => AuditAction::WorkspaceStopped,
        };
        let event = Event::new(action, "workspace", &before.id, &before.name);
        journal(self, &mut tx, ctx, event).await?;
        workspaces::set_status(
            &mut tx,
            reach.organization(),
            &command.workspace,
            command.status,
        )
        .await?;
        // Its queued runs can be claimed now.
        tx.notify_after_commit(self.queued_runs(), reach.organization());
        tx.commit().await?;
        let after = WorkspaceRow {
            status: command.status.as_str().into(),
            ..before
        };
        Ok(after.view()?)
    }

    /// Deletes a workspace with its runs. Its creator and admins may.
    ///
    /// # Errors
    /// `Denied`, `NotFound`.
    pub async fn delete_workspace(&self, ctx: &Ctx, command: &DeleteWorkspace) -> Result<()> {
        let reach = permit(&ctx.actor, Action::DeleteWorkspace)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let row = load(&mut tx, &reach, &command.workspace).await?;
        if !reach.covers(row.creator()) {
            return Err(Error::Denied);
        }
        if !workspaces::delete(&mut tx, reach.organization(), &command.workspace).await? {
            return Err(Error::NotFound);
        }
        let event = Event::new(
            AuditAction::WorkspaceDeleted,
            "workspace",
            &row.id,
            &row.name,
        );
        journal(self, &mut tx, ctx, event).await?;
        Ok(tx.commit().await?)
    }
}

/// The workspace, if it is of the caller's organization and environment (decisions D7, D9).
pub(crate) async fn load(
    connection: &mut Connection,
    reach: &Reach,
    id: &WorkspaceId,
) -> Result<WorkspaceRow> {
    match workspaces::find(
        connection,
        reach.organization(),
        reach.environment(),
        id,
    )
    .await?
    {
        Some(row) => Ok(row),
        None if workspaces::exists_elsewhere(connection, reach.organization(), id).await? => {
            Err(Error::Denied)
        }
        None => Err(Error::NotFound),
    }
}
