//! `roundtable worker`: claims runs and runs a program for each of them.
//!
//! The command needs no settings and no database, and runs on any machine that reaches the server.
//! The program gets the input of the run on standard input, and does not get the key.

mod api;
mod capture;
mod pauses;
mod program;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use domain::run::LEASE_SECONDS;
use domain::view::ClaimedRun;
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use self::api::{CallError, WorkerApi};
use self::pauses::Pauses;
use self::program::Program;
use self::report::RunReport;
use super::gate_doctor::target;
use super::{CliError, print_line};

/// The variable with the key.
const KEY: &str = "ROUNDTABLE_API_KEY";
/// How often the worker reports that it is still at work.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How long a run stays with the worker without a heartbeat.
const LEASE: Duration = Duration::from_secs(LEASE_SECONDS.unsigned_abs());

/// What the help says after the options.
const WORKER_HELP: &str = "ROUNDTABLE_API_KEY contains a key with the scope runs:work.\n\
    The program gets the input of the run on standard input, and ROUNDTABLE_RUN_ID, ROUNDTABLE_WORKSPACE_ID and \
    ROUNDTABLE_ENVIRONMENT in its environment. Its standard output is the output of the run. If its exit code is not 0, the \
    run fails with the end of its standard error.\n\
    On SIGTERM, the worker finishes its run and exits.\n\
    Exit code: 0 after SIGTERM, 2 for wrong arguments, 5 if the server refuses the key.";

/// The arguments of the command.
#[derive(Args, Debug)]
#[command(after_help = WORKER_HELP)]
pub(super) struct WorkerArguments {
    /// The program to run for each run
    #[arg(long, value_name = "PROGRAM")]
    exec: PathBuf,
    /// URL of the installation
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000")]
    url: String,
    /// Claim only the runs of this workspace
    #[arg(long, value_name = "ID")]
    workspace: Option<String>,
    /// Read the key from this file instead of ROUNDTABLE_API_KEY
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// Claims and executes runs until the process is asked to stop.
///
/// # Errors
/// If an argument or the key is missing or wrong, or if the server refuses the key.
pub(super) async fn run(arguments: &WorkerArguments) -> Result<(), CliError> {
    let worker = Worker {
        api: WorkerApi::new(
            target(&arguments.url)?,
            key(arguments.key_file.as_deref())?,
        )?,
        program: arguments.exec.clone(),
        workspace: arguments.workspace.clone(),
    };
    let (asked, mut stopping) = watch::channel(false);
    tokio::spawn(async move {
        listener::asked_to_stop().await;
        asked.send_replace(true);
    });
    print_line(&format!("Waiting for runs of {}", arguments.url));
    loop {
        let claimed = tokio::select! {
            biased;
            _ = stopping.wait_for(|is_asked| *is_asked) => return Ok(()),
            claimed = worker.claim() => claimed?,
        };
        worker.execute(&claimed).await?;
    }
}

/// The key: from a file, or from the environment.
fn key(file: Option<&Path>) -> Result<SecretString, CliError> {
    let text = match file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| {
            CliError::Usage(format!(
                "cannot read the key file {}: {error}",
                path.display()
            ))
        })?,
        None => std::env::var(KEY).unwrap_or_default(),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(CliError::Usage(format!(
            "set {KEY} to a key with the scope runs:work, or name a file with --key-file"
        )));
    }
    Ok(text.to_owned().into())
}

/// Executes one run after the other.
struct Worker {
    api: WorkerApi,
    program: PathBuf,
    workspace: Option<String>,
}

impl Worker {
    /// Waits for a run. A server that cannot be reached is tried again.
    async fn claim(&self) -> Result<ClaimedRun, CliError> {
        let mut pauses = Pauses::default();
        loop {
            match self.api.claim(self.workspace.as_deref()).await {
                Ok(Some(claimed)) => return Ok(claimed),
                Ok(None) => pauses = Pauses::default(),
                Err(CallError::Unavailable { why, wait }) => {
                    let pause = pauses.next(wait);
                    print_line(&format!(
                        "The server is not available ({why}). Trying again in {} s",
                        pause.as_secs()
                    ));
                    sleep(pause).await;
                }
                Err(CallError::Refused(why)) => return Err(CliError::Refused(why)),
                Err(CallError::Problem(why)) => {
                    return Err(CliError::Usage(format!(
                        "the server refuses the claim: {why}"
                    )));
                }
            }
        }
    }

    /// Runs the program for a run, and reports the result.
    async fn execute(&self, claimed: &ClaimedRun) -> Result<(), CliError> {
        let id = &claimed.run.id;
        let held_until = Instant::now() + LEASE;
        print_line(&format!("{id}: attempt {}", claimed.run.attempts));
        match Program::start(&self.program, &claimed.run) {
            Ok(program) => self.attend(claimed, program, held_until).await,
            Err(error) => {
                let report = RunReport::not_started(&error);
                self.report(claimed, report, held_until).await
            }
        }
    }

    /// Sends heartbeats while the program runs. The program is stopped if the run is cancelled or
    /// may be with another worker.
    async fn attend(
        &self,
        claimed: &ClaimedRun,
        mut program: Program,
        mut held_until: Instant,
    ) -> Result<(), CliError> {
        let mut next = Instant::now() + HEARTBEAT;
        let ended = loop {
            tokio::select! {
                ended = program.ended() => break ended,
                () = sleep_until(next) => {}
            }
            let sent = Instant::now();
            next = sent + HEARTBEAT;
            let why = match self.api.heartbeat(claimed).await {
                Ok(()) => {
                    held_until = sent + LEASE;
                    continue;
                }
                Err(CallError::Unavailable { .. }) if Instant::now() < held_until => continue,
                Err(CallError::Unavailable { why, .. }) => why,
                Err(CallError::Problem(why)) => why,
                Err(CallError::Refused(why)) => {
                    program.stop().await;
                    return Err(CliError::Refused(why));
                }
            };
            program.stop().await;
            print_line(&format!("{}: stopped. {why}", claimed.run.id));
            return Ok(());
        };
        self.report(claimed, RunReport::of(ended), held_until)
            .await
    }

    /// Reports the result. A server that cannot be reached is tried again until the lease ends.
    async fn report(
        &self,
        claimed: &ClaimedRun,
        report: RunReport,
        held_until: Instant,
    ) -> Result<(), CliError> {
        let mut pauses = Pauses::default();
        let why = loop {
            match self.api.complete(claimed, &report).await {
                Ok(()) => {
                    print_line(&format!("{}: {}", claimed.run.id, report.word()));
                    return Ok(());
                }
                Err(CallError::Unavailable { why, wait }) => {
                    let pause = pauses.next(wait);
                    if Instant::now() + pause >= held_until {
                        break why;
                    }
                    sleep(pause).await;
                }
                Err(CallError::Problem(why)) => break why,
                Err(CallError::Refused(why)) => return Err(CliError::Refused(why)),
            }
        };
        print_line(&format!(
            "{}: the result could not be reported. {why}",
            claimed.run.id
        ));
        Ok(())
    }
}
