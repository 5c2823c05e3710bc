//! The commands of the program and their exit codes.

mod accept;
mod audit_verify;
mod backup;
mod gate_doctor;
mod health;
mod init;
mod keyring;
mod migrate;
mod openapi;
mod owner;
mod restore;
mod serve;
mod settings;
mod worker;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use engine::journal::JournalFault;
use engine::keyring::{Purpose, RingFault, RotationFault};
use engine::{Db, StoreError};

use crate::config::{BadSetting, Options, show_settings, table::Group};
use crate::hardening::Variables;
use crate::telemetry;

/// The end of the help of the program, which does not list the settings itself.
const SETTINGS_HELP: &str = "To manage your keys, sign in with `roundtable auth login --url https://…`.\n\
    To start a server for the first time, run `roundtable init --new-master-key`, then `roundtable serve`. \
    `roundtable serve --help` lists all settings.";

/// A self-hosted dashboard and API for an organization's API keys.
#[derive(Parser, Debug)]
#[command(name = "roundtable", version = env!("ROUNDTABLE_VERSION"), after_help = SETTINGS_HELP)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

impl Cli {
    /// Parses the arguments of the process. Prints the help or the error and exits if there is
    /// nothing to run.
    pub fn from_arguments() -> Self {
        let matches = Self::clap_command().get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// The parser. The help of each command shows only the settings that the command reads.
    fn clap_command() -> clap::Command {
        let mut command =
            Self::command().mut_subcommand("serve", |serve| show_settings(serve, &Group::ALL));
        for name in ["settings", "health"] {
            command = command.mut_subcommand(name, |subcommand| {
                show_settings(subcommand, &Group::ALL)
            });
        }
        for name in [
            "init", "migrate", "keyring", "audit", "backup", "restore", "owner",
        ] {
            let groups = [Group::General, Group::Storage];
            command = command.mut_subcommand(name, |subcommand| show_settings(subcommand, &groups));
        }
        command
    }

    /// Whether the command is the server, which runs until it is asked to stop.
    pub const fn is_server(&self) -> bool {
        matches!(self.command, Command::Serve { .. })
    }
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the dashboard and the API
    Serve {
        /// Add users and organizations to try the product with
        #[arg(long)]
        demo: bool,
    },
    /// Create the tables and the key ring of an empty database
    Init {
        /// Also create a master key if its file does not exist
        #[arg(long)]
        new_master_key: bool,
        /// Exit without an error if the database is initialized already
        #[arg(long)]
        if_needed: bool,
    },
    /// Update the tables to the current version
    Migrate {
        /// Only say whether migrations are pending (exit code 1), and change nothing
        #[arg(long)]
        check: bool,
    },
    /// Check or show the settings
    Settings {
        #[command(subcommand)]
        command: SettingsCommand,
    },
    /// Ask the server on this machine whether it is ready
    Health,
    /// Manage the key ring
    Keyring {
        #[command(subcommand)]
        command: KeyringCommand,
    },
    /// Manage the audit logs
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Back up the database, also while the server runs
    Backup(backup::BackupArguments),
    /// Restore a backup, and revoke again what was revoked after it
    Restore(restore::RestoreArguments),
    /// Manage owners when nobody can sign in as one
    Owner {
        #[command(subcommand)]
        command: owner::OwnerCommand,
    },
    /// Check the gate of an API of your own
    Gate {
        #[command(subcommand)]
        command: GateCommand,
    },
    /// Claim runs, and run a program for each of them
    ///
    /// Reads no settings, and needs no database.
    Worker(worker::WorkerArguments),
    /// Print the OpenAPI description of the API
    Openapi,
    #[command(flatten)]
    People(cli::PeopleCommand),
}

impl Command {
    /// Whether the command needs the settings of the server. The others run next to a settings file
    /// that is not theirs, and print nothing but their result.
    const fn reads_settings(&self) -> bool {
        !matches!(
            self,
            Self::Gate { .. } | Self::Worker(_) | Self::People(_)
        )
    }
}

#[derive(Subcommand, Debug)]
enum GateCommand {
    /// Send requests to your reverse proxy, and say which line of its configuration to change
    ///
    /// Reads no settings, and needs no database. With --app, it listens in place of your API.
    Doctor(gate_doctor::Arguments),
}

#[derive(Subcommand, Debug, Clone, Copy)]
enum SettingsCommand {
    /// Check the settings, and exit with the code 78 if one is missing or wrong
    Check,
    /// Print the settings as a TOML file, without secrets
    Print,
}

#[derive(Subcommand, Debug)]
enum AuditCommand {
    /// Verify every event of the logs, also while the server runs
    Verify(audit_verify::AuditVerifyArguments),
    /// Accept altered logs, so that their organizations can be used again
    Accept {
        /// Accept only the log of this organization
        #[arg(long)]
        organization: Option<String>,
        /// Reason for the audit log
        #[arg(long)]
        reason: String,
    },
    /// Show the public keys that verify heads of the logs
    HeadKeys,
}

#[derive(Subcommand, Debug, Clone, Copy)]
enum KeyringCommand {
    /// Show the keys of the ring, and which master key encrypts each of them
    Status {
        /// Also count the rows that were made with each key
        #[arg(long)]
        counts: bool,
    },
    /// Replace a key of the ring beside running servers, and move the rows to the new one
    Rotate {
        /// What the key is for: data, lookup, row, audit or session
        purpose: Purpose,
    },
    /// Move the rows to the active keys of the ring, where a rotation was interrupted
    Reseal,
    /// Destroy an old key of the ring that no row refers to
    Destroy {
        /// Its number in `roundtable keyring status`
        id: i64,
    },
    /// Delete the keys that sign access tokens and assertions, after they were exposed
    DeleteSigningKeys,
    /// Encrypt the ring with the current master key instead of the previous one
    Rewrap,
}

/// Why a command failed: one sentence. The exit code is 78 if a setting is wrong (EX_CONFIG in
/// sysexits.h), 65 if this program cannot use the tables (EX_DATAERR), 69 if a service is unavailable (EX_UNAVAILABLE), 5 if a server refuses the key, and 2
/// if an argument is wrong.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting is missing or invalid.
    #[error(transparent)]
    Setting(#[from] BadSetting),
    /// The key ring cannot be decrypted.
    #[error(transparent)]
    Ring(#[from] RingFault),
    /// A key of the ring cannot be rotated or destroyed.
    #[error(transparent)]
    Rotation(#[from] RotationFault),
    /// The revocation journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// The database is unavailable.
    #[error("the database is unavailable: {0}")]
    Store(StoreError),
    /// The tables are those of a newer program, a migration was not finished, or it has to wait for
    /// older programs.
    #[error("{0}")]
    Schema(String),
    /// An argument, or what belongs to it, is wrong.
    #[error("{0}")]
    Usage(String),
    /// A server that is not Roundtable cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The server does not accept the key of a worker.
    #[error("the server refuses the key: {0}")]
    Refused(String),
    /// Something else.
    #[error("{0}")]
    Other(String),
    /// A command for people failed, and has printed why.
    #[error("the command failed with the exit code {0}")]
    Reported(u8),
}

impl CliError {
    /// Prints the sentence on standard error and returns the exit code.
    #[expect(
        clippy::print_stderr,
        reason = "the program exits, and its log may not be set up yet"
    )]
    pub fn report(&self) -> ExitCode {
        if let Self::Reported(code) = self {
            return ExitCode::from(*code);
        }
        eprintln!("roundtable: {self}");
        match self {
            Self::Setting(_) | Self::Ring(_) | Self::Rotation(RotationFault::Ring(_)) => {
                ExitCode::from(78)
            }
            Self::Schema(_) => ExitCode::from(65),
            Self::Unreachable(_) => ExitCode::from(69),
            Self::Usage(_) | Self::Rotation(RotationFault::Unknown(_) | RotationFault::Canary) => {
                ExitCode::from(2)
            }
            Self::Reported(code) => ExitCode::from(*code),
            Self::Refused(_) => ExitCode::from(5),
            Self::Rotation(_) | Self::Journal(_) | Self::Store(_) | Self::Other(_) => {
                ExitCode::FAILURE
            }
        }
    }
}

/// Runs a command. `secrets` are variables that the process received on standard input. `warnings`
/// are problems that occurred before the log was set up.
///
/// # Errors
/// See [`CliError`].
pub async fn run(cli: Cli, secrets: Variables, warnings: Vec<String>) -> Result<(), CliError> {
    let options = if cli.command.reads_settings() {
        started(cli.options, secrets, &warnings)?
    } else {
        cli.options
    };
    match cli.command {
        Command::Serve { demo } => serve::run(&options, demo).await,
        Command::Init {
            new_master_key,
            if_needed,
        } => init::run(&options, new_master_key, if_needed).await,
        Command::Migrate { check: false } => migrate::run(&options).await,
        Command::Migrate { check: true } => migrate::check(&options).await,
        Command::Settings {
            command: SettingsCommand::Check,
        } => settings::check(&options),
        Command::Settings {
            command: SettingsCommand::Print,
        } => {
            settings::print(&options);
            Ok(())
        }
        Command::Health => health::run(&options).await,
        Command::Keyring { command } => run_keyring(&options, command).await,
        Command::Audit {
            command:
                AuditCommand::Accept {
                    organization,
                    reason,
                },
        } => accept::accept(&options, organization.as_deref(), &reason).await,
        Command::Audit {
            command: AuditCommand::Verify(arguments),
        } => audit_verify::run(&options, &arguments).await,
        Command::Audit {
            command: AuditCommand::HeadKeys,
        } => audit_verify::head_keys(&options).await,
        Command::Backup(arguments) => backup::run(&options, &arguments).await,
        Command::Restore(arguments) => restore::run(&options, &arguments).await,
        Command::Owner { command } => owner::run(&options, &command).await,
        Command::Gate {
            command: GateCommand::Doctor(arguments),
        } => gate_doctor::run(&arguments).await,
        Command::Worker(arguments) => worker::run(&arguments).await,
        Command::Openapi => openapi::run(),
        Command::People(command) => match cli::run(command, Cli::clap_command()).await {
            0 => Ok(()),
            code => Err(CliError::Reported(code)),
        },
    }
}

async fn run_keyring(options: &Options, command: KeyringCommand) -> Result<(), CliError> {
    match command {
        KeyringCommand::Status { counts } => keyring::status(options, counts).await,
        KeyringCommand::Rotate { purpose } => keyring::rotate(options, purpose).await,
        KeyringCommand::Reseal => keyring::reseal(options).await,
        KeyringCommand::Destroy { id } => keyring::destroy(options, id).await,
        KeyringCommand::DeleteSigningKeys => keyring::delete_signing_keys(options).await,
        KeyringCommand::Rewrap => keyring::rewrap(options).await,
    }
}

/// Completes the settings and starts the log.
fn started(options: Options, secrets: Variables, warnings: &[String]) -> Result<Options, CliError> {
    let options = options.complete(secrets)?;
    telemetry::start(&options)?;
    for warning in warnings.iter().chain(options.warnings()) {
        tracing::warn!("{warning}");
    }
    Ok(options)
}

/// Opens the database of the options.
async fn database(options: &Options) -> Result<Db, CliError> {
    Db::open(&options.database_url()?)
        .await
        .map_err(cannot_open)
}

/// Opens the database of the options only for reading, next to a running server. Refuses one that
/// is empty, or that a newer program has migrated.
async fn database_to_read(options: &Options) -> Result<Db, CliError> {
    let db = Db::open_to_read(&options.database_url()?)
        .await
        .map_err(cannot_open)?;
    let schema = engine::schema(&db).await?;
    if schema.version.is_none() {
        return Err(RingFault::NotInitialised.into());
    }
    if schema.can_be_served() {
        Ok(db)
    } else {
        Err(StoreError::NewerTables.into())
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NewerTables | StoreError::OlderNodes(_) => Self::Schema(error.to_string()),
            other => Self::Store(other),
        }
    }
}

/// Separates a wrong database URL from a database that is unavailable.
fn cannot_open(error: StoreError) -> CliError {
    match error {
        StoreError::Url(sentence) => BadSetting(sentence).into(),
        other => other.into(),
    }
}

/// The innermost cause of a failed request, without the URL.
fn innermost_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut inner: &dyn Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// Prints a line of the output of a command. The program that reads it may have ended, as `head` does, and a
/// server goes on when its log cannot be written.
fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
