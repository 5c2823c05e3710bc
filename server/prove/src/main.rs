//! Tests the real program under adverse conditions and writes a report.
//!
//! Each part runs separately, on loopback and in a temporary folder, and writes a file with its
//! result. `render` writes the page of all results.

mod api;
mod check;
mod cluster;
mod database;
mod fake_clock;
mod forge;
mod http_client;
mod load;
mod parts;
mod person;
mod program;
mod render;
mod report;
mod rng;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::time::Instant;

use parts::Part;
use report::{Report, Row, Section};

/// The result of a step. An error means that the test itself could not run.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Tests the guarantees of the program.
#[derive(Parser, Debug)]
#[command(name = "prove")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run one part
    Run(Run),
    /// Write the page of all results; fails if a part is missing or a guarantee is broken
    Render {
        /// Folder of the results
        #[arg(long)]
        results: PathBuf,
        /// The page
        #[arg(long)]
        page: PathBuf,
    },
}

/// The arguments of a run.
#[derive(clap::Args, Clone, Debug)]
pub struct Run {
    /// The part
    part: Part,
    /// The program
    #[arg(long)]
    binary: PathBuf,
    /// Folder with `initdb` and `pg_ctl`
    #[arg(long)]
    postgres: PathBuf,
    /// Folder of the results
    #[arg(long)]
    results: PathBuf,
    /// Folder for everything else; the caller removes it
    #[arg(long)]
    folder: PathBuf,
    /// Date for the result
    #[arg(long)]
    date: String,
    /// Commit of the program, for the result
    #[arg(long)]
    commit: String,
    /// Percentage of the full counts
    #[arg(long, default_value_t = 100)]
    share: u64,
    /// Seed of the random number generator
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Run {
    /// The share of a full count.
    pub fn share_of(&self, full: u64) -> u64 {
        (full * self.share / 100).max(1)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(run) => prove(run).await,
        Command::Render { results, page } => render::page(&results, &page),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("prove: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs a part until it is finished or interrupted. In both cases everything that it has started is
/// stopped.
async fn prove(run: Run) -> Outcome<bool> {
    if run.part == Part::Disk
        && let Some(kept) = parts::in_namespace()?
    {
        return Ok(kept);
    }
    let begun = Instant::now();
    say(&format!(
        "{}: {}",
        run.part.as_str(),
        run.part.about()
    ));
    let mut report = Report::default();
    let ended = tokio::select! {
        ended = run.part.run(&run, &mut report) => ended,
        why = interrupted() => Err(why.into()),
    };
    if let Err(error) = ended {
        report.row(
            "the part runs to completion",
            "-",
            1,
            error.to_string(),
            false,
        );
    }
    let section = Section {
        part: run.part.as_str().into(),
        command: format!(".ci/prove {}", run.part.as_str()),
        date: run.date.clone(),
        commit: run.commit.clone(),
        seconds: begun.elapsed().as_secs(),
        rows: report.into_rows(),
    };
    section.write(&run.results)?;
    say(&format!(
        "{}: {} after {} s",
        run.part.as_str(),
        verdict(&section.rows),
        section.seconds
    ));
    Ok(section.is_kept())
}

/// Resolves on Ctrl-C or SIGTERM, for example after a timeout.
async fn interrupted() -> &'static str {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    let Ok(mut terminate) = terminate else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => "interrupted",
        _ = terminate.recv() => "the time allotted was over",
    }
}

fn verdict(rows: &[Row]) -> String {
    let broken = rows.iter().filter(|row| !row.kept).count();
    if broken == 0 {
        format!("all {} kept", rows.len())
    } else {
        format!("{broken} of {} broken", rows.len())
    }
}

/// Prints progress.
#[expect(
    clippy::print_stdout,
    reason = "the progress of a command belongs on standard output"
)]
pub fn say(line: &str) {
    println!("{line}");
}
