//! Postgres is stopped and started again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::parts::nodes::phase::{Phase, RECOVERY};
use crate::parts::nodes::site::{EVERY, Site};
use crate::parts::nodes::totals::Totals;
use crate::report::Report;
use crate::{Outcome, Run};

/// The number of restarts.
const RESTARTS: u64 = 5;
/// The time in which keys are revoked.
const SPAN: Duration = Duration::from_millis(1_500);
/// How long Postgres runs meanwhile, and how long it is stopped.
const THERE: Duration = Duration::from_millis(300);
const AWAY: Duration = Duration::from_millis(500);

/// Restarts Postgres, alternating between a shutdown and a crash.
///
/// # Errors
/// If a step fails.
pub async fn run(
    run: &Run,
    site: &mut Site,
    totals: &mut Totals,
    report: &mut Report,
) -> Outcome<()> {
    let mut phase = Phase::begin("Postgres is restarted", site, run.seed).await?;
    for number in 0..run.share_of(RESTARTS) {
        let mode = if number.is_multiple_of(2) {
            "fast"
        } else {
            "immediate"
        };
        restart(&mut phase, mode).await?;
    }
    phase.finish(None, totals, report).await;
    Ok(())
}

async fn restart(phase: &mut Phase<'_>, mode: &str) -> Outcome<()> {
    let mut round = phase.round().await?;
    let revocations = phase.revoke(&mut round, &EVERY, SPAN);
    sleep(THERE).await;
    let begun = Instant::now();
    tokio::task::block_in_place(|| phase.site.cluster.stop(mode))?;
    sleep(AWAY).await;
    tokio::task::block_in_place(|| phase.site.cluster.go())?;
    let repaired = Instant::now();
    phase
        .trial
        .history
        .allow_outage(None, begun, repaired + RECOVERY);
    phase.settle(round, revocations, repaired).await?;
    Ok(())
}
