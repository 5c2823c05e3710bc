//! Commands for runs.

use serde_json::Value;

use super::{Faults, read_text};
use crate::id::{RunId, WorkspaceId};
use crate::problem::{Fault, FieldFault};
use crate::run::{MOST_WAIT_SECONDS, RunError, RunOutcome, RunOutput, RunState};

/// Start a run.
#[derive(Clone, Debug)]
pub struct CreateRun {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its input.
    pub input: Option<String>,
    /// Whether the request used the webhook-style URL.
    pub by_hook: bool,
}

impl CreateRun {
    /// Reads the fields of a body.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        workspace: WorkspaceId,
        input: Option<String>,
        by_hook: bool,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let input = faults.take(
            "input",
            input
                .map(|input| read_text(&input, 0))
                .transpose(),
        );
        faults.done(|| {
            Some(Self {
                workspace,
                input: input?,
                by_hook,
            })
        })
    }
}

/// Filters of a list of runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunQuery {
    /// Only runs in this state.
    pub state: Option<RunState>,
    /// Only runs of this workspace.
    pub workspace: Option<WorkspaceId>,
}

impl RunQuery {
    /// Reads the parameters of a URL.
    ///
    /// # Errors
    /// Every invalid parameter.
    pub fn read(state: Option<&str>, workspace: Option<&str>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let state = state.map(|word| word.parse().map_err(Fault::from));
        let state = faults.take("state", state.transpose());
        let workspace = faults.take("workspace_id", read_workspace(workspace));
        faults.done(|| {
            Some(Self {
                state: state?,
                workspace: workspace?,
            })
        })
    }
}

/// Claim the next run of the queue.
#[derive(Clone, Debug)]
pub struct ClaimRun {
    /// Only runs of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// How long to wait for one, 0 to [`MOST_WAIT_SECONDS`].
    pub wait_seconds: i64,
}

impl ClaimRun {
    /// Reads the fields of a body. By default, a worker waits as long as it can.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn read(
        workspace: Option<&str>,
        wait_seconds: Option<i64>,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let workspace = faults.take("workspace_id", read_workspace(workspace));
        let wait_seconds = match wait_seconds.unwrap_or(MOST_WAIT_SECONDS) {
            seconds @ 0..=MOST_WAIT_SECONDS => Ok(seconds),
            _ => Err(Fault::OutOfRange {
                min: 0,
                max: MOST_WAIT_SECONDS,
            }),
        };
        let wait_seconds = faults.take("wait_seconds", wait_seconds);
        faults.done(|| {
            Some(Self {
                workspace: workspace?,
                wait_seconds: wait_seconds?,
            })
        })
    }
}

/// Report that the worker of a run is still at work.
#[derive(Clone, Debug)]
pub struct ExtendLease {
    /// The run.
    pub run: RunId,
    /// What the worker got with the run.
    pub lease: String,
}

impl ExtendLease {
    /// Reads the fields of a body.
    ///
    /// # Errors
    /// The lease, if it is missing.
    pub fn read(run: RunId, lease: Option<String>) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let lease = faults.take("lease", read_lease(lease));
        faults.done(|| Some(Self { run, lease: lease? }))
    }
}

/// Report the result of a run.
#[derive(Clone, Debug)]
pub struct CompleteRun {
    /// The run.
    pub run: RunId,
    /// What the worker got with the run.
    pub lease: String,
    /// The result.
    pub outcome: RunOutcome,
}

impl CompleteRun {
    /// Reads the fields of a body. Without an error, the run succeeded, and without an output, its
    /// output is `null`.
    ///
    /// # Errors
    /// Every invalid field; `OutputOrError` if there are both.
    pub fn read(
        run: RunId,
        lease: Option<String>,
        output: Option<Value>,
        error: Option<String>,
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let lease = faults.take("lease", read_lease(lease));
        let outcome = match (output, error) {
            (Some(_), Some(_)) => faults.take("error", Err(Fault::OutputOrError)),
            (_, Some(error)) => faults
                .take("error", RunError::read(error))
                .map(RunOutcome::Error),
            (output, None) => faults
                .take("output", RunOutput::read(&output.unwrap_or_default()))
                .map(RunOutcome::Output),
        };
        faults.done(|| {
            Some(Self {
                run,
                lease: lease?,
                outcome: outcome?,
            })
        })
    }
}

fn read_workspace(id: Option<&str>) -> Result<Option<WorkspaceId>, Fault> {
    id.map(str::parse)
        .transpose()
        .map_err(|_| Fault::NotAnId)
}

fn read_lease(lease: Option<String>) -> Result<String, Fault> {
    lease
        .filter(|text| !text.is_empty())
        .ok_or(Fault::Missing)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run() -> RunId {
        "run_a".parse().expect("an id")
    }

    fn fields(faults: Vec<FieldFault>) -> Vec<(String, Fault)> {
        faults
            .into_iter()
            .map(|fault| (fault.field, fault.fault))
            .collect()
    }

    #[test]
    fn every_invalid_field_is_reported() {
        let range = Fault::OutOfRange { min: 0, max: 30 };
        assert_eq!(
            fields(ClaimRun::read(Some("7"), Some(31)).expect_err("faults")),
            [
                ("workspace_id".into(), Fault::NotAnId),
                ("wait_seconds".into(), range.clone())
            ]
        );
        assert_eq!(
            fields(ClaimRun::read(None, Some(-1)).expect_err("faults")),
            [("wait_seconds".into(), range)]
        );
        let command = ClaimRun::read(None, None).expect("valid");
        assert_eq!(command.wait_seconds, 30);

        let both = CompleteRun::read(run(), None, Some(json!(1)), Some("x".into()));
        assert_eq!(
            fields(both.expect_err("faults")),
            [
                ("lease".into(), Fault::Missing),
                ("error".into(), Fault::OutputOrError)
            ]
        );
        let query = RunQuery::read(Some("asleep"), Some("x")).expect_err("faults");
        assert_eq!(query.len(), 2);
    }

    #[test]
    fn a_report_without_an_error_is_a_success() {
        let read = |output, error: Option<&str>| {
            CompleteRun::read(
                run(),
                Some("l".into()),
                output,
                error.map(str::to_owned),
            )
            .expect("valid")
            .outcome
        };
        assert_eq!(read(None, None).output(), Some("null"));
        assert_eq!(
            read(Some(json!({ "a": [1] })), None).output(),
            Some(r#"{"a":[1]}"#)
        );
        let failed = read(None, Some("no"));
        assert_eq!((failed.output(), failed.error()), (None, Some("no")));
    }
}
