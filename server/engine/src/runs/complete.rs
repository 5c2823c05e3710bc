//! Reporting the result of a run.

use domain::Code;
use domain::command::CompleteRun;
use domain::event::{AuditAction, Event};
use domain::policy::{Action, Reach, permit};
use domain::run::RunOutcome;
use domain::view::RunView;

use super::{ended, is_held, lock_for_worker, save};
use crate::audit::journal;
use crate::ctx::Ctx;
use crate::reauthorize::reauthorize;
use crate::store::Tx;
use crate::store::runs::{self, RunRow};
use crate::{Engine, Error, Result};

impl Engine {
    /// Stores the result of a run, which its worker reports. A worker that did not get the response
    /// can send the same report again: it changes nothing and writes no event.
    ///
    /// # Errors
    /// `NotFound`; `RunCancelled` if the run was cancelled; `LeaseLost` for another lease or an
    /// expired one, and for another report about a run that has ended.
    pub async fn complete_run(&self, ctx: &Ctx, command: &CompleteRun) -> Result<RunView> {
        let reach = permit(&ctx.actor, Action::WorkOnRuns)?;
        let mut tx = self.db().begin().await?;
        reauthorize(self, &mut tx, ctx).await?;
        let before = lock_for_worker(&mut tx, &reach, &command.run, &command.lease).await?;
        if is_reported(&mut tx, &reach, &before, command).await? {
            return Ok(before.view()?);
        }
        let now = self.runtime().now();
        if !is_held(&before, now)? {
            return Err(Error::conflict(Code::LeaseLost));
        }

        let after = RunRow {
            error: command.outcome.error().map(str::to_owned),
            ..ended(&before, command.outcome.step(), now)?
        };
        let action = match command.outcome {
            RunOutcome::Output(_) => AuditAction::RunSucceeded,
            RunOutcome::Error(_) => AuditAction::RunFailed,
        };
        let event = Event::new(action, "run", &after.id, &after.workspace_name).changed(
            "state",
            Some(&before.status),
            Some(&after.status),
        );
        journal(self, &mut tx, ctx, event).await?;
        save(&mut tx, &after, &before).await?;
        if let Some(output) = command.outcome.output() {
            runs::set_output(&mut tx, &after, output).await?;
        }
        tx.commit().await?;
        Ok(after.view()?)
    }
}

/// Whether the same worker has made the same report before.
async fn is_reported(
    tx: &mut Tx,
    reach: &Reach,
    row: &RunRow,
    command: &CompleteRun,
) -> Result<bool> {
    let progress = row.progress()?;
    if !progress.state.is_final() || row.error.as_deref() != command.outcome.error() {
        return Ok(false);
    }
    let output = runs::output(tx, reach.organization(), &command.run).await?;
    Ok(output.as_deref() == command.outcome.output())
}
