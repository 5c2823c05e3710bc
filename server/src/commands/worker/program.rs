//! The program of a run, as a process with a process group of its own: a signal to the worker does
//! not end it, and stopping it ends what it started.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use domain::run::RunOutput;
use domain::view::RunView;
use tokio::time::{Instant, sleep};

use super::KEY;
use super::capture::{Capture, Captured, Kept};
use crate::config::SECRETS;

/// How often the worker looks whether the program has ended.
const POLL: Duration = Duration::from_millis(50);
/// How long a stopped program has to end by itself.
const GRACE: Duration = Duration::from_secs(10);
/// How long the worker reads on after the program has ended, if a process that it started keeps its
/// output open.
const DRAIN: Duration = Duration::from_secs(2);
/// The most bytes of standard error that are kept.
const MOST_ERROR: usize = 16_384;

/// A running program.
pub(super) struct Program {
    child: Child,
    stdout: Capture,
    stderr: Capture,
}

/// A program that has ended.
pub(super) struct EndedProgram {
    /// Its exit status, or why that is unknown.
    pub status: io::Result<ExitStatus>,
    /// The start of its standard output.
    pub stdout: Captured,
    /// The end of its standard error.
    pub stderr: Captured,
}

impl Program {
    /// Starts the program for a run. It gets neither the key nor the secrets of a server.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(path: &Path, run: &RunView) -> io::Result<Self> {
        let mut command = Command::new(path);
        command
            .env("ROUNDTABLE_RUN_ID", run.id.as_str())
            .env("ROUNDTABLE_WORKSPACE_ID", run.workspace_id.as_str())
            .env("ROUNDTABLE_ENVIRONMENT", run.environment.as_str())
            .env_remove(KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for secret in SECRETS {
            command.env_remove(secret.variable());
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);

        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            let input = run.input.clone().unwrap_or_default();
            // A program may end without reading its input.
            thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        }
        let stdout = child
            .stdout
            .take()
            .map(|pipe| Capture::of(pipe, RunOutput::MAX, Kept::Start));
        let stderr = child
            .stderr
            .take()
            .map(|pipe| Capture::of(pipe, MOST_ERROR, Kept::End));
        Ok(Self {
            child,
            stdout: stdout.unwrap_or_default(),
            stderr: stderr.unwrap_or_default(),
        })
    }

    /// Waits until the program has ended. Can be dropped and called again.
    pub async fn ended(&mut self) -> EndedProgram {
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Ok(None) => sleep(POLL).await,
                Err(error) => break Err(error),
            }
        };
        let end = Instant::now() + DRAIN;
        while !(self.stdout.is_complete() && self.stderr.is_complete()) && Instant::now() < end {
            sleep(POLL).await;
        }
        EndedProgram {
            status,
            stdout: self.stdout.so_far(),
            stderr: self.stderr.so_far(),
        }
    }

    /// Asks the program to stop, and ends it if it does not.
    pub async fn stop(&mut self) {
        self.signal(false);
        if tokio::time::timeout(GRACE, self.ended())
            .await
            .is_err()
        {
            self.signal(true);
            self.ended().await;
        }
    }

    /// Sends a signal to the program and everything that it started.
    #[cfg(unix)]
    fn signal(&mut self, by_force: bool) {
        use rustix::process::{Pid, Signal, kill_process_group};

        let signal = if by_force { Signal::KILL } else { Signal::TERM };
        // It may have ended meanwhile.
        let _ = kill_process_group(Pid::from_child(&self.child), signal);
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _: bool) {
        let _ = self.child.kill();
    }
}
