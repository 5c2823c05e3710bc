//! A temporary Postgres server on loopback.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::database::Database;
use crate::program::free_port;
use crate::{Outcome, say};

/// The superuser of the cluster.
const SUPERUSER: &str = "postgres";

/// A running cluster. When it is dropped, it is stopped and its folder is removed.
pub struct Cluster {
    bin: PathBuf,
    home: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes a cluster in a new folder under `parent` and starts it. A commit that was answered
    /// survives a crash of the server, but not one of the machine: nothing is flushed.
    ///
    /// # Errors
    /// If Postgres is not installed or does not start.
    pub fn start(bin: &Path, parent: &Path) -> Outcome<Self> {
        let port = free_port()?;
        let home = parent.join(format!("postgres-{port}"));
        std::fs::create_dir_all(&home)?;
        // If only some of the programs are symbolic links, the others are next to their targets.
        let bin = bin
            .join("initdb")
            .canonicalize()?
            .parent()
            .unwrap_or(bin)
            .to_owned();
        let cluster = Self { bin, home, port };
        if is_root() {
            run(Command::new("chown")
                .arg(user())
                .arg(&cluster.home))?;
        }
        run(cluster
            .tool("initdb")
            .arg("-D")
            .arg(cluster.data())
            .args([
                "-U",
                SUPERUSER,
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ]))?;
        cluster.go()?;
        Ok(cluster)
    }

    /// Starts it again after [`Cluster::stop`].
    ///
    /// # Errors
    /// If it does not start.
    pub fn go(&self) -> Outcome<()> {
        let options = format!(
            "-p {} -k '' -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync=off -c full_page_writes=off \
             -c shared_buffers=64MB",
            self.port
        );
        let log = self.home.join("data/server.log");
        let mut start = self.tool("pg_ctl");
        start
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(log)
            .args(["-w", "-t", "60", "-s", "-o", &options, "start"]);
        run(&mut start)
    }

    /// Stops it: `fast` closes every connection, `immediate` is a crash.
    ///
    /// # Errors
    /// If it does not stop.
    pub fn stop(&self, mode: &str) -> Outcome<()> {
        run(self
            .tool("pg_ctl")
            .arg("-D")
            .arg(self.data())
            .args(["-m", mode, "-w", "-t", "60", "-s", "stop"]))
    }

    /// Creates an empty database and returns its URL.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn database(&self, name: &str) -> Outcome<String> {
        let mut rows = Database::Postgres(self.address(SUPERUSER))
            .open()
            .await?;
        rows.run(&format!("CREATE DATABASE {name}"))
            .await?;
        rows.close().await?;
        Ok(self.address(name))
    }

    /// The URL of a database.
    pub fn address(&self, name: &str) -> String {
        address(self.port, name)
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Checks every table and index with `pg_amcheck`. `None` if it is not installed.
    ///
    /// # Errors
    /// With what it found.
    pub fn check(&self, name: &str) -> Outcome<Option<()>> {
        if !self.bin.join("pg_amcheck").exists() {
            return Ok(None);
        }
        let port = self.port.to_string();
        run(self
            .tool("pg_amcheck")
            .args([
                "--install-missing",
                "--heapallindexed",
                "-h",
                "127.0.0.1",
                "-p",
                &port,
            ])
            .args(["-U", SUPERUSER, "-d", name]))?;
        Ok(Some(()))
    }

    /// The folder with everything that it writes.
    pub fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// A program of Postgres, as a user that it accepts: it refuses to run as root.
    fn tool(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        if !is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", &user(), "--regid", &group(), "--clear-groups"])
            .arg(path);
        command.current_dir("/").env("HOME", "/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.stop("immediate");
        if let Err(error) = std::fs::remove_dir_all(&self.home) {
            say(&format!(
                "  {} stays behind: {error}",
                self.home.display()
            ));
        }
    }
}

/// The URL of a database behind a port on 127.0.0.1.
pub fn address(port: u16, name: &str) -> String {
    format!("postgres://{SUPERUSER}@127.0.0.1:{port}/{name}")
}

/// Whether this runs as root.
pub fn is_root() -> bool {
    answer("id", &["-u"]).is_some_and(|id| id == "0")
}

fn user() -> String {
    answer("id", &["-un", SUPERUSER]).unwrap_or_else(|| "nobody".into())
}

fn group() -> String {
    answer("id", &["-g", &user()]).unwrap_or_else(|| "65534".into())
}

fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| {
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .to_owned()
    })
}

/// Runs a command. Its output is the error.
fn run(command: &mut Command) -> Outcome<()> {
    // A started server must not inherit the pipes, or reading them would block forever.
    let path = std::env::temp_dir().join(format!("roundtable-prove-{}.out", std::process::id()));
    let file = std::fs::File::create(&path)?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()?;
    let said = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(&path);
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}: {}", said.trim()).into())
    }
}
