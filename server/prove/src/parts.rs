//! The parts of the test run.

mod clock;
mod counts;
mod disk;
mod hangups;
mod kill;
mod postgres;
mod sigterm;
mod tamper;

use clap::ValueEnum;

pub use disk::in_namespace;

use crate::report::Report;
use crate::{Outcome, Run};

/// A part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// SIGKILL under load.
    Kill,
    /// A full disk.
    Disk,
    /// Clients that disconnect.
    Hangups,
    /// Postgres stops and starts.
    Postgres,
    /// SIGTERM under load.
    Sigterm,
    /// The clock jumps.
    Clock,
    /// Tampering with the database.
    Tamper,
    /// The full counts of tests.
    Counts,
}

impl Part {
    /// Every part, in the order of the page.
    pub const ALL: [Self; 8] =
        [Self::Kill, Self::Disk, Self::Hangups, Self::Postgres, Self::Sigterm, Self::Clock, Self::Tamper, Self::Counts];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Disk => "disk",
            Self::Hangups => "hangups",
            Self::Postgres => "postgres",
            Self::Sigterm => "sigterm",
            Self::Clock => "clock",
            Self::Tamper => "tamper",
            Self::Counts => "counts",
        }
    }

    /// The heading on the page.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILL under load",
            Self::Disk => "Full disk",
            Self::Hangups => "Clients that disconnect",
            Self::Postgres => "Postgres stops and starts",
            Self::Sigterm => "SIGTERM under load",
            Self::Clock => "Clock jumps",
            Self::Tamper => "Tampering with the database",
            Self::Counts => "Tests with their full counts",
        }
    }

    /// A short description.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Kill => kill::ABOUT,
            Self::Disk => disk::ABOUT,
            Self::Hangups => hangups::ABOUT,
            Self::Postgres => postgres::ABOUT,
            Self::Sigterm => sigterm::ABOUT,
            Self::Clock => clock::ABOUT,
            Self::Tamper => tamper::ABOUT,
            Self::Counts => counts::ABOUT,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// If the test itself cannot run.
    pub async fn run(self, run: &Run, report: &mut Report) -> Outcome<()> {
        match self {
            Self::Kill => kill::run(run, report).await,
            Self::Disk => disk::run(run, report).await,
            Self::Hangups => hangups::run(run, report).await,
            Self::Postgres => postgres::run(run, report).await,
            Self::Sigterm => sigterm::run(run, report).await,
            Self::Clock => clock::run(run, report).await,
            Self::Tamper => tamper::run(run, report).await,
            Self::Counts => counts::run(run, report).await,
        }
    }
}
