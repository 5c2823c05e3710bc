//! Runs whose worker did not report in time: they return to the queue, and fail after the last
//! attempt. A lease that has expired is not valid whether or not this has happened.

use domain::OrganizationId;
use domain::event::{AuditAction, Event};
use domain::run::{LEASE_LOST, RunState, RunStep};

use super::{ended, save};
use crate::audit::journal;
use crate::ctx::{Ctx, Origin};
use crate::store::runs::{self, RunRow};
use crate::store::{self, Tx, parse_column};
use crate::{Engine, Result};

/// Runs that are read at a time.
const BATCH: i64 = 200;

impl Engine {
    /// Returns the runs to the queue whose worker did not report in time, and ends those without a
    /// further attempt. Gives their number.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn return_lost_runs(&self) -> Result<usize> {
        let now = self.runtime().now();
        let due = runs::organizations_due(&mut self.db().read().await?, now).await?;
        let mut lost = 0;
        for organization in due {
            let organization = parse_column(&organization, "runs.organization_id")?;
            match self.return_lost_runs_of(&organization).await {
                Ok(returned) => lost += returned,
                // The failure of one organization does not hold up the others.
                Err(error) => {
                    tracing::error!(%organization, %error, "runs without a worker could not be returned to the queue");
                }
            }
        }
        Ok(lost)
    }

    /// As [`Engine::return_lost_runs`], for one organization.
    pub(super) async fn return_lost_runs_of(&self, organization: &OrganizationId) -> Result<usize> {
        let now = self.runtime().now();
        if runs::due_of(&mut self.db().read().await?, organization, now, 1)
            .await?
            .is_empty()
        {
            return Ok(0);
        }
        let mut tx = self.db().begin().await?;
        store::audit::lock_chain_head(&mut tx, organization).await?;
        let ctx = Ctx::system_in(organization, "Roundtable", now, Origin::of_clock());
        let mut lost = 0;
        loop {
            let due = runs::due_of(&mut tx, organization, now, BATCH).await?;
            if due.is_empty() {
                break;
            }
            for row in due {
                self.lose_lease(&mut tx, &ctx, &row).await?;
                lost += 1;
            }
        }
        tx.notify_after_commit(self.queued_runs(), organization);
        tx.commit().await?;
        Ok(lost)
    }

    async fn lose_lease(&self, tx: &mut Tx, ctx: &Ctx, before: &RunRow) -> Result<()> {
        let mut after = ended(before, RunStep::LoseLease, ctx.now)?;
        if after.progress()?.state == RunState::Failed {
            after.error = Some(LEASE_LOST.into());
            let event = Event::new(
                AuditAction::RunFailed,
                "run",
                &after.id,
                &after.workspace_name,
            )
            .changed("state", Some(&before.status), Some(&after.status))
            .changed("error", None, Some(LEASE_LOST));
            journal(self, tx, ctx, event).await?;
        }
        save(tx, &after, before).await
    }
}
