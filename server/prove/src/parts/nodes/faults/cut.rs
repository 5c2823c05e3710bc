//! A node is cut off from Postgres: its connections stay open, but nothing is forwarded.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::parts::nodes::phase::{LEASE, Phase, RECOVERY};
use crate::parts::nodes::site::{PROXIED, Site, others};
use crate::parts::nodes::totals::Totals;
use crate::report::Report;
use crate::{Outcome, Run};

/// How often the node is cut off.
const CUTS: u64 = 10;
/// For how long, in milliseconds.
const SHORTEST: u64 = 1_000;
const LONGEST: u64 = 3_000;

/// Cuts the node behind the proxy off, and revokes keys on the others.
///
/// # Errors
/// If a step fails.
pub async fn run(
    run: &Run,
    site: &mut Site,
    totals: &mut Totals,
    report: &mut Report,
) -> Outcome<()> {
    let name = "a node is cut off from Postgres";
    let mut phase = Phase::begin(name, site, run.seed).await?;
    for _ in 0..run.share_of(CUTS) {
        cut(&mut phase).await?;
    }
    phase.finish(Some(LEASE), totals, report).await;
    Ok(())
}

async fn cut(phase: &mut Phase<'_>) -> Outcome<()> {
    let length = SHORTEST + phase.rng.below(LONGEST - SHORTEST + 1);
    let length = Duration::from_millis(length);
    let mut round = phase.round().await?;
    let revocations = phase.revoke(&mut round, &others(PROXIED), length / 2);
    let begun = Instant::now();
    phase.site.proxy.close();
    sleep(length).await;
    phase.site.proxy.open();
    let repaired = Instant::now();
    phase
        .trial
        .history
        .allow_outage(Some(PROXIED), begun, repaired + RECOVERY);
    phase.settle(round, revocations, repaired).await?;
    Ok(())
}
