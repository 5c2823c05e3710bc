//! SIGTERM under load.

use std::time::Duration;

use tokio::time::sleep;

use crate::check::{Rounds, integrity};
use crate::load::{CLIENTS, Done, Journal, Load, Orders};
use crate::program::Program;
use crate::report::Report;
use crate::rng::Rng;
use crate::stage::{BOTH, On, Stage};
use crate::{Outcome, Run};

pub const ABOUT: &str = "The same sixteen clients, and SIGTERM 50 to 500 ms after they start. Every call succeeds, or fails without \
an effect. No call takes effect without a response, no confirmed call is lost, and the program exits in time.";

/// The number of repetitions on each database.
const CYCLES: u64 = 20;
/// How long the shutdown may take.
const LIMIT: Duration = Duration::from_secs(10);

pub async fn run(run: &Run, report: &mut Report) -> Outcome<()> {
    for on in BOTH {
        terminate(run, on, report).await?;
    }
    Ok(())
}

async fn terminate(run: &Run, on: On, report: &mut Report) -> Outcome<()> {
    let mut stage = Stage::up(run, on, &[]).await?;
    let journal = Journal::open(
        &run.folder
            .join(format!("sigterm-{}.journal", on.name())),
    )?;
    let mut rng = Rng::new(run.seed);
    let mut ends = Ends::new(run);
    for round in 1..=ends.cycles {
        let orders = Orders {
            api: stage.api()?,
            owner: stage.owner.clone(),
            journal: journal.clone(),
            round,
            seed: run.seed,
            stubborn: false,
        };
        let load = Load::start(&orders, None);
        sleep(Duration::from_millis(50 + rng.below(451))).await;
        ends.end(round, &mut stage.program).await;
        let done = load.end().await;
        ends.collect_refusals(round, &done);
        stage.program.start().await?;
        ends.rounds.check(round, &stage, &done).await?;
    }
    let unsound = integrity(&stage.program.database).await?;
    ends.report_calls(on.name(), report);
    ends.report_ends(on.name(), report);
    report.faults(
        "the database finds itself sound",
        on.name(),
        1,
        &unsound,
    );
    Ok(())
}

/// The ends of the program on a database, and what they have shown so far.
struct Ends {
    cycles: u64,
    rounds: Rounds,
    /// The longest time from SIGTERM to a good end.
    slowest: Duration,
    /// Ends with another code than 0, or in force.
    bad: Vec<String>,
    /// Refusals other than 503.
    odd: Vec<String>,
}

impl Ends {
    /// None yet.
    fn new(run: &Run) -> Self {
        Self {
            cycles: run.share_of(CYCLES),
            rounds: Rounds::new(run.seed),
            slowest: Duration::ZERO,
            bad: Vec::new(),
            odd: Vec::new(),
        }
    }

    /// Sends SIGTERM and records how the program ends.
    async fn end(&mut self, round: u64, program: &mut Program) {
        match program.terminate(LIMIT).await {
            Ok((status, took)) if status.success() => self.slowest = self.slowest.max(took),
            Ok((status, _)) => self.bad.push(format!("round {round}: {status}")),
            Err(error) => self.bad.push(format!("round {round}: {error}")),
        }
    }

    /// Records the refusals that a program that ends must not give.
    fn collect_refusals(&mut self, round: u64, done: &Done) {
        for entry in &done.entries {
            if let Some(status) = entry.status
                && status >= 400
                && status != 503
            {
                let (kind, code) = (entry.call.kind, &entry.made["details"]);
                self.odd
                    .push(format!("round {round}: {kind:?} {status} {code}"));
            }
        }
    }

    /// Reports the effects of the calls and their answers.
    fn report_calls(&self, on: &str, report: &mut Report) {
        let (cycles, answered) = (self.cycles, self.rounds.acknowledged);
        let refused = self.rounds.unanswered;
        let count =
            format!("{cycles} ends, {CLIENTS} clients, {answered} acknowledged, {refused} refused");
        report.faults(
            "nothing that was answered is lost, nothing is half done",
            on,
            &count,
            &self.rounds.faults,
        );
        let alone = self.rounds.done_unanswered;
        report.row(
            "calls that happened without an answer",
            on,
            answered + refused,
            alone.to_string(),
            alone == 0,
        );
        report.faults(
            "answers other than success and 503",
            on,
            answered,
            &self.odd,
        );
    }

    /// Reports how the program ended.
    fn report_ends(&self, on: &str, report: &mut Report) {
        report.faults(
            "the program ends by itself, with code 0",
            on,
            self.cycles,
            &self.bad,
        );
        report.row(
            "longest time from SIGTERM to the end",
            on,
            self.cycles,
            format!("{} ms", self.slowest.as_millis()),
            self.slowest <= LIMIT,
        );
    }
}
