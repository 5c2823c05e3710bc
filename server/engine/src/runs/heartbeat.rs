//! Heartbeats: the worker of a run is still at work.

use domain::command::ExtendLease;
use domain::policy::{Action, permit};
use domain::run::LEASE_SECONDS;
use domain::{Code, Moment};

use super::{is_held, lock_for_worker, save};
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::runs::RunRow;
use crate::{Engine, Error, Result};

impl Engine {
    /// Extends the lease of a run to [`LEASE_SECONDS`] from now. Gives its end. Heartbeats are not in
    /// the audit log.
    ///
    /// # Errors
    /// `NotFound`; `RunCancelled` if the run was cancelled; `LeaseLost` for another lease or an
    /// expired one.
    pub async fn extend_lease(&self, ctx: &Ctx, command: &ExtendLease) -> Result<Moment> {
        let reach = permit(&ctx.actor, Action::WorkOnRuns)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let before = lock_for_worker(&mut tx, &reach, &command.run, &command.lease).await?;
        let now = self.runtime().now();
        if !is_held(&before, now)? {
            return Err(Error::conflict(Code::LeaseLost));
        }

        let expires_at = now.plus_seconds(LEASE_SECONDS);
        let after = RunRow {
            lease_expires_at: Some(expires_at.0),
            ..before.clone()
        };
        save(&mut tx, &after, &before).await?;
        tx.commit().await?;
        Ok(expires_at)
    }
}
