//! Runs of workspaces.

use domain::environment::Environment;
use domain::run::{MOST_ATTEMPTS, RunState};

use super::isolated;

pub const TITLE: &str = "Runs";
pub const ABOUT: &str = "About runs";
pub const RUN: &str = "Run";
pub const ID: &str = "Run ID";
pub const WORKSPACE: &str = "Workspace";
pub const ALL: &str = "All";
pub const CLEAR: &str = "Clear filters";
pub const ATTEMPTS: &str = "Attempts";
pub const STARTED: &str = "Started";
pub const STARTED_BY: &str = "Started by";
pub const CLAIMED_BY: &str = "Worker";
pub const ENDED: &str = "Ended";
pub const NOT_ENDED: &str = "Not yet";
pub const INPUT: &str = "Input";
pub const OUTPUT: &str = "Output";
pub const ERROR: &str = "Error";
pub const NO_INPUT: &str = "This run has no input.";
pub const NO_OUTPUT: &str = "This run has no output yet.";
pub const NEWEST: &str = "Newest runs";
pub const OLDER: &str = "Older runs";
pub const NONE_YET: &str = "No runs yet";
pub const NONE_IN_TEST: &str = "No test runs yet";
pub const WHAT_FOR: &str = "Your scripts start runs in a workspace, over the API or by webhook. A worker claims each run, executes it, and reports the result.";
pub const NO_MATCH: &str = "No runs match";
pub const NO_MATCH_HINT: &str = "Try other filters, or clear them.";
pub const NONE_IN_WORKSPACE: &str = "No runs in this workspace yet.";
pub const LEASE_LOST: &str = "No worker reported a result in time";
pub const WAITS: &str =
    "This run waits for a worker. A worker is a program that executes runs, such as ";
pub const WORKER_COMMAND: &str = "roundtable worker";
pub const WORKSPACE_IS_STOPPED: &str =
    "This run waits, because its workspace is stopped. Start the workspace to continue.";
pub const CANCEL: &str = "Cancel run";
pub const CANCEL_QUEUED: &str = "No worker will get this run.";
pub const CANCEL_RUNNING: &str =
    "The worker is told at its next heartbeat, and its result is not accepted.";
pub const CANCELLED: &str = "The run was cancelled.";

/// Below the title.
pub fn lede(organization: &str, environment: Environment) -> String {
    let organization = isolated(organization);
    match environment {
        Environment::Production => format!("What was started in the workspaces of {organization}."),
        Environment::Test => {
            format!("What was started with test keys in the workspaces of {organization}.")
        }
    }
}

/// Above a table of runs, for screen readers.
pub fn caption(of: &str) -> String {
    format!("Runs of {}", isolated(of))
}

/// How a run was started.
pub fn trigger(word: &str) -> &'static str {
    match word {
        "hook" => "by webhook",
        _ => "over the API",
    }
}

/// How often a run was given to a worker, of how many times at most.
pub fn attempts(n: i64) -> String {
    format!("{n} of {MOST_ATTEMPTS}")
}

/// The CSS classes of the badge of a state.
pub const fn badge(state: RunState) -> &'static str {
    match state {
        RunState::Queued | RunState::Cancelled => "badge",
        RunState::Running => "badge warning",
        RunState::Succeeded => "badge success",
        RunState::Failed => "badge danger",
    }
}

/// The error of a run.
pub fn error(error: &str) -> String {
    match error {
        domain::run::LEASE_LOST => format!("{LEASE_LOST} ({error})"),
        other => other.to_owned(),
    }
}
