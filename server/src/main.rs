//! `roundtable`: one binary, one command at a time.

use std::process::ExitCode;

use clap::Parser;
use server::commands::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => stop.report(),
    }
}
