//! The parts of the test run.

mod clock;
mod counts;
mod disk;
mod fuzz;
mod hangups;
mod kill;
mod mutants;
mod nodes;
mod postgres;
mod power;
mod sigterm;
mod soak;
mod tamper;

use clap::ValueEnum;

pub use disk::in_namespace;

use crate::report::Report;
use crate::{Outcome, Run};

domain::closed_set! {
    /// A part of the run, with its name on the command line. `ALL` has the order of the page.
    #[derive(ValueEnum)]
    pub enum Part(
        /// The heading on the page.
        title: &'static str,
        /// A short description.
        about: &'static str,
    ) {
        /// SIGKILL under load.
        Kill = "kill" ("SIGKILL under load", kill::ABOUT),
        /// A full disk.
        Disk = "disk" ("Full disk", disk::ABOUT),
        /// A disk that fails.
        Power = "power" ("Power cuts and disk errors", power::ABOUT),
        /// Clients that disconnect.
        Hangups = "hangups" ("Clients that disconnect", hangups::ABOUT),
        /// Postgres stops and starts.
        Postgres = "postgres" ("Postgres stops and starts", postgres::ABOUT),
        /// Several nodes.
        Nodes = "nodes" ("Several nodes", nodes::ABOUT),
        /// SIGTERM under load.
        Sigterm = "sigterm" ("SIGTERM under load", sigterm::ABOUT),
        /// The clock jumps.
        Clock = "clock" ("Clock jumps", clock::ABOUT),
        /// Tampering with the database.
        Tamper = "tamper" ("Tampering with the database", tamper::ABOUT),
        /// A long run.
        Soak = "soak" ("A long run", soak::ABOUT),
        /// The fuzz targets.
        Fuzz = "fuzz" ("Fuzzing", fuzz::ABOUT),
        /// Faults in the rules.
        Mutants = "mutants" ("Faults in the rules", mutants::ABOUT),
        /// The full counts of tests.
        Counts = "counts" ("Tests with their full counts", counts::ABOUT),
    }
}

impl Part {
    /// Runs it.
    ///
    /// # Errors
    /// If the test itself cannot run.
    pub async fn run(self, run: &Run, report: &mut Report) -> Outcome<()> {
        match self {
            Self::Kill => kill::run(run, report).await,
            Self::Disk => disk::run(run, report).await,
            Self::Power => power::run(run, report).await,
            Self::Hangups => hangups::run(run, report).await,
            Self::Postgres => postgres::run(run, report).await,
            Self::Nodes => nodes::run(run, report).await,
            Self::Sigterm => sigterm::run(run, report).await,
            Self::Clock => clock::run(run, report).await,
            Self::Tamper => tamper::run(run, report).await,
            Self::Soak => soak::run(run, report).await,
            Self::Fuzz => fuzz::run(run, report).await,
            Self::Mutants => mutants::run(run, report).await,
            Self::Counts => counts::run(run, report).await,
        }
    }
}
