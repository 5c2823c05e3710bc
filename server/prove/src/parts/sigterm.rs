//! SIGTERM under load.

use std::time::Duration;

use tokio::time::sleep;

use crate::check::{Rounds, integrity};
use crate::load::{CLIENTS, Journal, Load, Orders};
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
    let cycles = run.share_of(CYCLES);
    let mut stage = Stage::up(run, on, &[]).await?;
    let journal = Journal::open(
        &run.folder
            .join(format!("sigterm-{}.journal", on.name())),
    )?;
    let (mut rng, mut rounds) = (Rng::new(run.seed), Rounds::new(run.seed));
    let (mut slowest, mut bad_ends, mut odd) = (Duration::ZERO, Vec::new(), Vec::new());
    for round in 1..=cycles {
        let (api, owner, seed) = (stage.api()?, stage.owner.clone(), run.seed);
        let orders = Orders {
            api,
            owner,
            journal: journal.clone(),
            round,
            seed,
            stubborn: false,
        };
        let load = Load::start(&orders, None);
        sleep(Duration::from_millis(50 + rng.below(451))).await;
        match stage.program.terminate(LIMIT).await {
            Ok((status, took)) if status.success() => slowest = slowest.max(took),
            Ok((status, _)) => bad_ends.push(format!("round {round}: {status}")),
            Err(error) => bad_ends.push(format!("round {round}: {error}")),
        }
        let done = load.end().await;
        let refused = done
            .entries
            .iter()
            .filter_map(|entry| entry.status)
            .filter(|status| *status >= 400);
        odd.extend(
            refused
                .filter(|status| *status != 503)
                .map(|status| format!("round {round}: {status}")),
        );
        stage.program.start().await?;
        rounds.check(round, &stage, &done).await?;
    }
    let unsound = integrity(&stage.program.database).await?;
    let (on, answered) = (on.name(), rounds.acknowledged);
    let count = format!(
        "{cycles} ends, {CLIENTS} clients, {answered} acknowledged, {} refused",
        rounds.unanswered
    );
    report.faults(
        "nothing that was answered is lost, nothing is half done",
        on,
        &count,
        &rounds.faults,
    );
    let alone = rounds.done_unanswered;
    report.row(
        "calls that happened without an answer",
        on,
        answered + rounds.unanswered,
        alone.to_string(),
        alone == 0,
    );
    report.faults(
        "answers other than success and 503",
        on,
        answered,
        &odd,
    );
    report.faults(
        "the program ends by itself, with code 0",
        on,
        cycles,
        &bad_ends,
    );
    let what = "longest time from SIGTERM to the end";
    report.row(
        what,
        on,
        cycles,
        format!("{} ms", slowest.as_millis()),
        slowest <= LIMIT,
    );
    report.faults("the database finds itself sound", on, 1, &unsound);
    Ok(())
}
