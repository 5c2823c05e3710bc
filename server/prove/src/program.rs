//! The real program as a process.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::database::Database;
use crate::{Outcome, http_client};

/// The setup token of every installation here.
pub const SETUP_TOKEN: &str = "setup_0123456789abcdefghij";
/// How long the program may take to start.
const START: Duration = Duration::from_secs(20);
const NOT_RUNNING: &str = "the program does not run";

/// An installation: its folder, its database, its settings and, while it runs, its process.
pub struct Program {
    binary: PathBuf,
    /// The working folder. It contains everything but a Postgres database.
    pub folder: PathBuf,
    /// Its database.
    pub database: Database,
    port: u16,
    settings: Vec<(String, String)>,
    child: Option<Child>,
}

impl Program {
    /// An installation in a new folder, not yet initialized.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn new(binary: &Path, folder: &Path, database: Database) -> Outcome<Self> {
        std::fs::create_dir_all(folder)?;
        let settings = Vec::new();
        Ok(Self {
            binary: binary.to_owned(),
            folder: folder.to_owned(),
            database,
            port: free_port()?,
            settings,
            child: None,
        })
    }

    /// Sets an environment variable for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.into(), value.into()));
    }

    /// Removes an environment variable for the next start.
    pub fn unset(&mut self, name: &str) {
        self.settings.retain(|(known, _)| known != name);
    }

    /// The URL of the program.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The file with its master key.
    pub fn master_key(&self) -> PathBuf {
        self.folder.join("master.key")
    }

    /// The log file.
    pub fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Runs another command of the program.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn command(&self, arguments: &[&str]) -> Outcome<Output> {
        Ok(self
            .base()
            .args(arguments)
            .stdin(Stdio::null())
            .output()?)
    }

    /// Runs `roundtable init`.
    ///
    /// # Errors
    /// If that fails.
    pub fn init(&self) -> Outcome<()> {
        let output = self.command(&["init", "--new-master-key"])?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "init: {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )
        .into())
    }

    /// Starts it and waits until it responds. Returns how long that took.
    ///
    /// # Errors
    /// If it exits or does not respond in time.
    pub async fn start(&mut self) -> Outcome<Duration> {
        let begun = Instant::now();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())?;
        let mut serve = self.base();
        serve
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.child = Some(serve.spawn()?);
        let http = http_client::client()?;
        while begun.elapsed() < START {
            if let Some(status) = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().ok().flatten())
            {
                self.child = None;
                return Err(format!(
                    "the program exited at its start: {status}: {}",
                    self.last_words()
                )
                .into());
            }
            let asked = http
                .get(format!("{}/healthz", self.url()))
                .send()
                .await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(begun.elapsed());
            }
            sleep(Duration::from_millis(5)).await;
        }
        self.kill()?;
        Err(format!("the program does not respond: {}", self.last_words()).into())
    }

    /// Kills it (SIGKILL).
    ///
    /// # Errors
    /// If it cannot be killed.
    pub fn kill(&mut self) -> Outcome<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Sends it a signal, such as `STOP`.
    ///
    /// # Errors
    /// If it does not run.
    pub fn signal(&self, name: &str) -> Outcome<()> {
        let child = self.child.as_ref().ok_or(NOT_RUNNING)?;
        let status = Command::new("sh")
            .args(["-c", "kill -\"$0\" \"$1\"", name, &child.id().to_string()])
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("SIG{name} could not be sent").into())
        }
    }

    /// Sends SIGTERM and waits. Kills the program after `limit`. Returns how long the shutdown
    /// took.
    ///
    /// # Errors
    /// If it had to be killed.
    pub async fn terminate(&mut self, limit: Duration) -> Outcome<(ExitStatus, Duration)> {
        let begun = Instant::now();
        self.signal("TERM")?;
        let Some(child) = self.child.as_mut() else {
            return Err(NOT_RUNNING.into());
        };
        loop {
            if let Some(status) = child.try_wait()? {
                self.child = None;
                return Ok((status, begun.elapsed()));
            }
            if begun.elapsed() > limit {
                self.kill()?;
                return Err(format!(
                    "it did not end within {} s of SIGTERM",
                    limit.as_secs()
                )
                .into());
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether the process runs.
    pub fn lives(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// The code that it has ended with by itself.
    pub fn exit_code(&mut self) -> Option<i32> {
        let child = self.child.as_mut()?;
        child.try_wait().ok().flatten()?.code()
    }

    /// The end of the log, for an error message.
    pub fn last_words(&self) -> String {
        let said = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = said.lines().rev().take(3).collect();
        lines
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
            .join(" | ")
    }

    /// A command with the settings of the installation and an empty environment.
    fn base(&self) -> Command {
        let mut command = Command::new(&self.binary);
        let ours = std::env::vars_os()
            .filter(|(name, _)| name.to_string_lossy().starts_with("ROUNDTABLE_"));
        ours.for_each(|(name, _)| {
            command.env_remove(name);
        });
        command
            .current_dir(&self.folder)
            .env("ROUNDTABLE_ADDR", format!("127.0.0.1:{}", self.port))
            .env("ROUNDTABLE_DATABASE_URL", self.database.address())
            .env("ROUNDTABLE_MASTER_KEY_FILE", self.master_key())
            .env("ROUNDTABLE_SETUP_TOKEN", SETUP_TOKEN)
            .env("RUST_LOG", "info")
            // All clients have the same IP address, and rejected calls must reach the database.
            .env("ROUNDTABLE_AUTH_FAILURES_PER_MINUTE", "0")
            .env("ROUNDTABLE_SETUP_FAILURES_PER_MINUTE", "0");
        command.envs(
            self.settings
                .iter()
                .map(|(name, value)| (name, value)),
        );
        command
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A free port.
///
/// # Errors
/// If there is none.
pub fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}
