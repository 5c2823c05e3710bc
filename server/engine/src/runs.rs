//! Runs of workspaces (D30): they are started, workers claim them and report their results, and
//! someone can cancel them.
//!
//! A worker holds a run under a lease, and extends it with heartbeats. The worker of an expired
//! lease can report nothing any more: the run returns to the queue, or fails after the last attempt
//! (`lost`). The row has only a digest of the lease.

mod cancel;
mod claim;
mod complete;
mod create;
mod get;
mod heartbeat;
mod list;
mod lost;

use domain::policy::Reach;
use domain::run::{Progress, RunState, RunStep};
use domain::{Code, Moment, RunId};

use crate::keyring::{CanonicalEncoder, hash};
use crate::store::Tx;
use crate::store::runs::{self, RunRow};
use crate::{Error, Result};

/// What the row of a run has of its lease.
fn lease_digest(lease: &str) -> Vec<u8> {
    hash(&CanonicalEncoder::of("run-lease").text(lease))
}

/// A run for its worker, locked until the transaction ends. The run is not changed yet.
///
/// # Errors
/// `NotFound`; `RunCancelled` if it was cancelled; `LeaseLost` for another lease.
async fn lock_for_worker(tx: &mut Tx, reach: &Reach, id: &RunId, lease: &str) -> Result<RunRow> {
    let row = runs::lock(tx, reach, id)
        .await?
        .ok_or(Error::NotFound)?;
    if row.progress()?.state == RunState::Cancelled {
        return Err(Error::conflict(Code::RunCancelled));
    }
    if row.lease.as_deref() != Some(lease_digest(lease).as_slice()) {
        return Err(Error::conflict(Code::LeaseLost));
    }
    Ok(row)
}

/// Whether a worker still holds the run at this time.
fn is_held(row: &RunRow, now: Moment) -> Result<bool> {
    let is_running = row.progress()?.state == RunState::Running;
    Ok(is_running
        && row
            .lease_expires_at
            .is_some_and(|end| now.0 < end))
}

/// The run after a step that ends its lease.
///
/// # Errors
/// `Broken` if the step is not possible, which the caller has checked.
fn ended(before: &RunRow, step: RunStep, now: Moment) -> Result<RunRow> {
    let Some(Progress { state, attempts }) = before.progress()?.after(step) else {
        return Err(Error::Broken(format!(
            "the run {} cannot take the step {step:?}",
            before.id
        )));
    };
    Ok(RunRow {
        status: state.as_str().into(),
        attempts,
        lease_expires_at: None,
        ended_at: state.is_final().then_some(now.0),
        ..before.clone()
    })
}

/// Writes a run that was locked.
async fn save(tx: &mut Tx, row: &RunRow, before: &RunRow) -> Result<()> {
    if runs::update(tx, row, before).await? {
        Ok(())
    } else {
        Err(Error::Broken(format!(
            "the run {} was changed meanwhile",
            row.id
        )))
    }
}
