//! Runs: the states of a run, and what moves it from one to the next (D30).

use serde_json::Value;

use crate::closed_set;
use crate::problem::Fault;

/// How long a worker holds a run without a heartbeat, in seconds.
pub const LEASE_SECONDS: i64 = 60;
/// How often a run is given to a worker before it fails.
pub const MOST_ATTEMPTS: i64 = 3;
/// The longest time that a worker waits for a run in one request, in seconds.
pub const MOST_WAIT_SECONDS: i64 = 30;
/// The error of a run whose last worker did not report in time.
pub const LEASE_LOST: &str = "lease_lost";

closed_set! {
    /// The state of a run.
    pub enum RunState as "RunStateWord": "The state of a run."(
        /// The name on a page.
        label: &'static str,
    ) {
        /// It waits for a worker.
        Queued = "queued" ("Queued"),
        /// A worker has it.
        Running = "running" ("Running"),
        /// A worker reported its output.
        Succeeded = "succeeded" ("Succeeded"),
        /// A worker reported an error, or the last worker did not report in time.
        Failed = "failed" ("Failed"),
        /// Someone cancelled it.
        Cancelled = "cancelled" ("Cancelled"),
    }
}

impl RunState {
    /// Whether the run never changes again.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStep {
    /// A worker claims it.
    Claim,
    /// Its worker did not report in time.
    LoseLease,
    /// Its worker reports an output.
    Succeed,
    /// Its worker reports an error.
    Fail,
    /// Someone cancels it.
    Cancel,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Its state.
    pub state: RunState,
    /// How often it was given to a worker.
    pub attempts: i64,
}

impl Progress {
    /// A run that was just started.
    pub const NEW: Self = Self {
        state: RunState::Queued,
        attempts: 0,
    };

    /// How far the run is after a step. `None` if the step is not possible. A run whose worker did
    /// not report in time returns to the queue, and fails after the last attempt.
    pub const fn after(self, step: RunStep) -> Option<Self> {
        let attempts = self.attempts;
        let (state, attempts) = match (self.state, step) {
            (RunState::Queued, RunStep::Claim) => (RunState::Running, attempts + 1),
            (RunState::Running, RunStep::LoseLease) if attempts < MOST_ATTEMPTS => {
                (RunState::Queued, attempts)
            }
            (RunState::Running, RunStep::LoseLease | RunStep::Fail) => (RunState::Failed, attempts),
            (RunState::Running, RunStep::Succeed) => (RunState::Succeeded, attempts),
            (RunState::Queued | RunState::Running, RunStep::Cancel) => {
                (RunState::Cancelled, attempts)
            }
            _ => return None,
        };
        Some(Self { state, attempts })
    }
}

/// The output of a run: any JSON value of limited size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOutput(String);

impl RunOutput {
    /// The most bytes of its JSON.
    pub const MAX: usize = 65_536;

    /// Checks the output of a request.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn read(value: &Value) -> Result<Self, Fault> {
        let json = value.to_string();
        if json.len() > Self::MAX {
            return Err(Fault::TooLarge { max: Self::MAX });
        }
        Ok(Self(json))
    }

    /// Its JSON, without white space.
    pub fn json(&self) -> &str {
        &self.0
    }
}

/// The error of a run: text of limited length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunError(String);

impl RunError {
    /// The most characters.
    pub const MAX: usize = 4_000;

    /// Checks the error of a request.
    ///
    /// # Errors
    /// `Missing`, `TooLong`; `ForbiddenCharacter` for a zero character, which Postgres cannot store.
    pub fn read(text: String) -> Result<Self, Fault> {
        if text.trim().is_empty() {
            return Err(Fault::Missing);
        }
        if text.chars().count() > Self::MAX {
            return Err(Fault::TooLong { max: Self::MAX });
        }
        if text.contains('\0') {
            return Err(Fault::ForbiddenCharacter);
        }
        Ok(Self(text))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a worker reports about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// It succeeded with this output.
    Output(RunOutput),
    /// It failed with this error.
    Error(RunError),
}

impl RunOutcome {
    /// What the report does to the run.
    pub const fn step(&self) -> RunStep {
        match self {
            Self::Output(_) => RunStep::Succeed,
            Self::Error(_) => RunStep::Fail,
        }
    }

    /// The output, if the run succeeded.
    pub fn output(&self) -> Option<&str> {
        match self {
            Self::Output(output) => Some(output.json()),
            Self::Error(_) => None,
        }
    }

    /// The error, if the run failed.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Output(_) => None,
            Self::Error(error) => Some(error.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const STEPS: [RunStep; 5] = [
        RunStep::Claim,
        RunStep::LoseLease,
        RunStep::Succeed,
        RunStep::Fail,
        RunStep::Cancel,
    ];

    fn after(steps: &[RunStep]) -> Option<Progress> {
        steps
            .iter()
            .try_fold(Progress::NEW, |run, step| run.after(*step))
    }

    // RU-01, D30: at most three attempts.
    #[test]
    fn the_third_lost_lease_fails_the_run() {
        use RunStep::{Claim, LoseLease};
        let at = |state, attempts| Some(Progress { state, attempts });
        let twice = [Claim, LoseLease, Claim, LoseLease];
        assert_eq!(after(&twice[..2]), at(RunState::Queued, 1));
        assert_eq!(after(&twice), at(RunState::Queued, 2));
        let thrice = [&twice[..], &[Claim, LoseLease]].concat();
        assert_eq!(after(&thrice), at(RunState::Failed, 3));
    }

    proptest! {
        // RU-01, D30: the states, compared with what the history of a run says.
        #[test]
        fn the_state_follows_from_the_history(
            steps in prop::collection::vec(prop::sample::select(STEPS.to_vec()), 0..24),
        ) {
            let (mut run, mut history) = (Progress::NEW, Vec::new());
            for step in steps {
                let next = run.after(step);
                let is_over = history
                    .iter()
                    .any(|past| matches!(past, RunStep::Succeed | RunStep::Fail | RunStep::Cancel))
                    || history.iter().filter(|past| **past == RunStep::LoseLease).count() == 3;
                let has_worker = history.last() == Some(&RunStep::Claim);
                let is_possible = !is_over && match step {
                    RunStep::Claim => !has_worker,
                    RunStep::LoseLease | RunStep::Succeed | RunStep::Fail => has_worker,
                    RunStep::Cancel => true,
                };
                prop_assert_eq!(next.is_some(), is_possible, "{:?} after {:?}", step, history);
                prop_assert_eq!(run.state.is_final(), is_over);
                prop_assert_eq!(run.state == RunState::Running, !is_over && has_worker);
                let Some(next) = next else { continue };
                history.push(step);
                run = next;
                let claims = history.iter().filter(|past| **past == RunStep::Claim).count();
                prop_assert_eq!(run.attempts, i64::try_from(claims).expect("few"));
                prop_assert!(run.attempts <= MOST_ATTEMPTS);
            }
        }
    }

    #[test]
    fn the_size_of_a_report_is_limited() {
        // "…"
        let output = |n: usize| RunOutput::read(&json!("a".repeat(n)));
        assert!(output(RunOutput::MAX - 2).is_ok());
        assert_eq!(
            output(RunOutput::MAX - 1),
            Err(Fault::TooLarge { max: 65_536 })
        );
        let error = |text: &str| RunError::read(text.to_owned());
        assert!(error(&"ü".repeat(4_000)).is_ok());
        assert_eq!(
            error(&"ü".repeat(4_001)),
            Err(Fault::TooLong { max: 4_000 })
        );
        assert_eq!(error(" "), Err(Fault::Missing));
        assert_eq!(error("a\0"), Err(Fault::ForbiddenCharacter));
    }
}
