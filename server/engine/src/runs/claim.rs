//! Claiming a run: a worker gets the oldest one in the queue, or waits for one.

use std::time::Duration;

use domain::command::ClaimRun;
use domain::policy::{Action, Reach, permit};
use domain::run::LEASE_SECONDS;
use domain::view::ClaimedRun;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::lease_digest;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::runs::{self, NewLease};
use crate::workspaces::load;
use crate::{Engine, Error, Result};

/// How long a worker waits for a notification before it reads the queue anyway: other nodes cannot
/// notify, and time alone ends a lease.
const INTERVAL: Duration = Duration::from_secs(1);

impl Engine {
    /// Gives the next run of the queue to a worker, under a lease of [`LEASE_SECONDS`]. Without one,
    /// waits as long as the command says. No connection to the database is held meanwhile. `None`
    /// when no run came, or when the process is about to exit. Claims are not in the audit log.
    ///
    /// # Errors
    /// As [`Engine::get_workspace`], if the command names a workspace; `Unauthenticated` when the
    /// caller's credential was revoked meanwhile; `Busy`.
    pub async fn claim_run(&self, ctx: &Ctx, command: &ClaimRun) -> Result<Option<ClaimedRun>> {
        let reach = permit(&ctx.actor, Action::WorkOnRuns)?;
        if let Some(workspace) = &command.workspace {
            load(&mut self.db().read().await?, &reach, workspace).await?;
        }
        let wait = Duration::from_secs(command.wait_seconds.unsigned_abs());
        let end = Instant::now() + wait;
        // Subscribed before the queue is read, so that no run is missed.
        let mut notifications = self.queued_runs().subscribe(reach.organization());
        loop {
            let claimed = self.claim_queued(ctx, &reach, command).await?;
            if claimed.is_some() || !self.wait_for_run(&mut notifications, end).await {
                return Ok(claimed);
            }
        }
    }

    /// Waits until a run may have come. False at the end of the waiting time, and when the process
    /// is about to exit.
    async fn wait_for_run(&self, notifications: &mut watch::Receiver<()>, end: Instant) -> bool {
        let now = Instant::now();
        if now >= end {
            return false;
        }
        let next = end.min(now + INTERVAL);
        tokio::select! {
            biased;
            () = self.live().closing().cancelled() => false,
            // The sender lives as long as its receivers, so an error cannot happen.
            _ = timeout_at(next, notifications.changed()) => true,
        }
    }

    /// The next run of the queue, if there is one now.
    async fn claim_queued(
        &self,
        ctx: &Ctx,
        reach: &Reach,
        command: &ClaimRun,
    ) -> Result<Option<ClaimedRun>> {
        self.return_lost_runs_of(reach.organization())
            .await?;
        let workspace = command.workspace.as_ref();
        let is_any = runs::is_any_queued(&mut self.db().read().await?, reach, workspace).await?;
        if !is_any {
            return Ok(None);
        }

        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let lease = self.runtime().random_id("lease_");
        let now = self.runtime().now();
        let expires_at = now.plus_seconds(LEASE_SECONDS);
        let new = NewLease {
            digest: lease_digest(&lease),
            now,
            expires_at,
            worker: ctx.actor.id,
        };
        let Some(id) = runs::claim(&mut tx, reach, workspace, &new).await? else {
            return Ok(None);
        };
        let row = runs::find(&mut tx, reach, &id)
            .await?
            .ok_or_else(|| Error::Broken(format!("the run {id} is gone")))?;
        tx.commit().await?;
        Ok(Some(ClaimedRun {
            run: row.view()?,
            lease,
            lease_expires_at: expires_at,
        }))
    }
}
