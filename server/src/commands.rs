//! The commands of the program: what each is for, and how it ends.

mod accept;
mod init;
mod keyring;
mod migrate;
mod openapi;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use engine::Db;
use engine::journal::JournalFault;
use engine::keyring::RingFault;

use crate::config::{BadSetting, Options};
use crate::hardening::Variables;
use crate::telemetry;

/// A self-hosted dashboard and API for an organization's API keys.
#[derive(Parser, Debug)]
#[command(name = "roundtable", version)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

impl Cli {
    /// Whether the command goes on until it is asked to stop.
    pub const fn stays(&self) -> bool {
        matches!(self.command, Command::Serve { .. })
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the dashboard and the API
    Serve {
        /// Stage people and organizations to try the product with
        #[arg(long)]
        demo: bool,
    },
    /// Make the tables and the key ring of an empty database
    Init {
        /// Also make a new master key, if its file does not exist
        #[arg(long)]
        new_master_key: bool,
        /// Do nothing, successfully, where everything is there already
        #[arg(long)]
        if_needed: bool,
    },
    /// Bring the tables up to date
    Migrate,
    /// Look after the key ring
    Keyring {
        #[command(subcommand)]
        command: KeyringCommand,
    },
    /// Look after the audit logs
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Go on with a database that was restored from a backup
    Restore {
        /// Accept the lost events, and end what the revocation journal knows to have ended
        #[arg(long, required = true)]
        accept: bool,
        /// Why, for the audit log
        #[arg(long, default_value = "restored from a backup")]
        reason: String,
    },
    /// Print the description of the API
    Openapi,
}

#[derive(Subcommand, Debug)]
enum AuditCommand {
    /// Accept that logs were altered, so that their organizations can be used again
    Accept {
        /// Only the log of this organization
        #[arg(long)]
        organization: Option<String>,
        /// Why, for the audit log
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand, Debug, Clone, Copy)]
enum KeyringCommand {
    /// Show which master key each ring key is under
    Status,
    /// Wrap the ring with the present master key instead of the previous one
    Rewrap,
}

/// Why the program ends early: one sentence, and 78 when a setting is at fault (EX_CONFIG of sysexits).
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting will not do.
    #[error(transparent)]
    Setting(#[from] BadSetting),
    /// The ring does not open.
    #[error(transparent)]
    Ring(#[from] RingFault),
    /// The revocation journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// The database does not answer.
    #[error("the database does not answer: {0}")]
    Store(#[from] engine::StoreError),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl CliError {
    /// Says why on standard error and gives the exit code.
    #[expect(clippy::print_stderr, reason = "the last word of a program that cannot go on")]
    pub fn report(&self) -> ExitCode {
        eprintln!("roundtable: {self}");
        match self {
            Self::Setting(_) | Self::Ring(_) => ExitCode::from(78),
            Self::Journal(_) | Self::Store(_) | Self::Other(_) => ExitCode::FAILURE,
        }
    }
}

/// Runs one command to its end. `secrets` are variables that came another way than by the environment; `warnings` are
/// what the start could not do.
///
/// # Errors
/// See [`CliError`].
pub async fn run(cli: Cli, secrets: Variables, warnings: Vec<String>) -> Result<(), CliError> {
    let options = cli.options.complete(secrets)?;
    telemetry::start(&options)?;
    for warning in warnings.iter().chain(options.warnings()) {
        tracing::warn!("{warning}");
    }
    match cli.command {
        Command::Serve { demo } => serve::run(&options, demo).await,
        Command::Init { new_master_key, if_needed } => init::run(&options, new_master_key, if_needed).await,
        Command::Migrate => migrate::run(&options).await,
        Command::Keyring { command: KeyringCommand::Status } => keyring::status(&options).await,
        Command::Keyring { command: KeyringCommand::Rewrap } => keyring::rewrap(&options).await,
        Command::Audit { command: AuditCommand::Accept { organization, reason } } => {
            accept::accept(&options, organization.as_deref(), &reason).await
        }
        Command::Restore { accept: _, reason } => accept::restore(&options, &reason).await,
        Command::Openapi => openapi::run(),
    }
}

/// Opens the database that the options name.
async fn database(options: &Options) -> Result<Db, CliError> {
    Db::open(options.database_url()?).await.map_err(cannot_open)
}

/// A setting that is at fault, or a database that does not answer.
fn cannot_open(error: engine::StoreError) -> CliError {
    match error {
        engine::StoreError::Url(sentence) => BadSetting(sentence).into(),
        other => other.into(),
    }
}

/// Tells the operator something that is the command's very answer.
#[expect(clippy::print_stdout, reason = "the answer of a command belongs on standard output")]
fn print_line(line: &str) {
    println!("{line}");
}
