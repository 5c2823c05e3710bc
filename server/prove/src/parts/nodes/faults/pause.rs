//! A node is paused with SIGSTOP.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::parts::nodes::phase::{LEASE, Phase, RECOVERY};
use crate::parts::nodes::site::{EVERY, Site, others};
use crate::parts::nodes::totals::Totals;
use crate::report::Report;
use crate::stage::On;
use crate::{Outcome, Run};

/// The number of pauses.
const PAUSES: u64 = 50;
/// The length of a pause in milliseconds.
const SHORTEST: u64 = 500;
const LONGEST: u64 = 3_000;
/// How long a signal may take to stop every thread of a process.
const SETTLE: Duration = Duration::from_millis(10);

/// Pauses random nodes.
///
/// # Errors
/// If a step fails.
pub async fn run(
    run: &Run,
    site: &mut Site,
    totals: &mut Totals,
    report: &mut Report,
) -> Outcome<()> {
    let mut phase = Phase::begin("a node is paused", site, run.seed).await?;
    let mut answered_meanwhile = 0;
    for _ in 0..run.share_of(PAUSES) {
        answered_meanwhile += pause(&mut phase).await?;
    }
    report.row(
        "revocations that were answered while a node was paused",
        On::Postgres.name(),
        phase.count,
        answered_meanwhile.to_string(),
        // A few pauses may all be shorter than a lease.
        answered_meanwhile > 0 || run.share < 100,
    );
    phase.finish(Some(LEASE), totals, report).await;
    Ok(())
}

/// Pauses a node while keys are revoked on the others. Returns how many revocations were answered
/// meanwhile.
async fn pause(phase: &mut Phase<'_>) -> Outcome<usize> {
    let node = phase.rng.index(EVERY.len());
    let length = SHORTEST + phase.rng.below(LONGEST - SHORTEST + 1);
    let length = Duration::from_millis(length);
    let mut round = phase.round().await?;
    let revocations = phase.revoke(&mut round, &others(node), length / 2);
    let begun = Instant::now();
    phase.site.nodes[node].signal("STOP")?;
    sleep(SETTLE).await;
    let from = Instant::now();
    sleep(length).await;
    let until = Instant::now();
    phase.site.nodes[node].signal("CONT")?;
    let repaired = Instant::now();
    let history = &phase.trial.history;
    history.add_pause(node, from, until);
    history.allow_outage(Some(node), begun, repaired + RECOVERY);
    let answers = phase.settle(round, revocations, repaired).await?;
    let meanwhile = answers
        .iter()
        .filter(|answer| (from..=until).contains(*answer));
    Ok(meanwhile.count())
}
