//! The `roundtable` program.

use std::process::ExitCode;

use server::commands::{self, Cli, CliError};
use server::hardening;

fn main() -> ExitCode {
    let mut warnings = hardening::protect_memory();
    let cli = Cli::from_arguments();
    if cli.is_server() {
        // This restarts the program, so no thread may run yet.
        warnings.extend(hardening::without_secrets());
    }
    match run(cli, warnings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

fn run(cli: Cli, warnings: Vec<String>) -> Result<(), CliError> {
    let unreadable = |error| CliError::Other(format!("standard input cannot be read: {error}"));
    let secrets = hardening::received_secrets().map_err(unreadable)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime =
        runtime.map_err(|error| CliError::Other(format!("the program cannot start: {error}")))?;
    runtime.block_on(commands::run(cli, secrets, warnings))
}
