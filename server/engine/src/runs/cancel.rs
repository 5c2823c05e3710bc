//! Cancelling a run.

use domain::event::{AuditAction, Event};
use domain::policy::{Action, permit};
use domain::run::{RunState, RunStep};
use domain::view::RunView;
use domain::{ConflictReason, RunId};

use super::{ended, save};
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::error::conflict;
use crate::reauthorize::reauthorize;
use crate::store::runs;
use crate::{Engine, Error, Result};

impl Engine {
    /// Cancels a run that waits or that a worker has. Its creator and admins may. The worker is told
    /// at its next heartbeat. A cancelled run stays as it is.
    ///
    /// # Errors
    /// `NotFound`; `Denied` for a run of another member; `Conflict` if it has succeeded or failed.
    pub async fn cancel_run(&self, ctx: &Ctx, id: &RunId) -> Result<RunView> {
        let reach = permit(&ctx.actor, Action::CancelRun)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let before = runs::lock(&mut tx, &reach, id)
            .await?
            .ok_or(Error::NotFound)?;
        if !reach.covers(before.creator()) {
            return Err(Error::Denied);
        }
        match before.progress()?.state {
            RunState::Cancelled => return Ok(before.view()?),
            RunState::Succeeded | RunState::Failed => {
                return Err(conflict(ConflictReason::RunHasEnded));
            }
            RunState::Queued | RunState::Running => {}
        }

        let after = ended(&before, RunStep::Cancel, ctx.now)?;
        let event = Event::new(
            AuditAction::RunCancelled,
            "run",
            &after.id,
            &after.workspace_name,
        )
        .changed("state", Some(&before.status), Some(&after.status));
        journal(self, &mut tx, ctx, event).await?;
        save(&mut tx, &after, &before).await?;
        tx.commit().await?;
        Ok(after.view()?)
    }
}
