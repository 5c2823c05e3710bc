//! A node is killed with SIGKILL.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::parts::nodes::phase::{LEASE, Phase, RECOVERY};
use crate::parts::nodes::site::{EVERY, Site};
use crate::parts::nodes::times::{Times, millis};
use crate::parts::nodes::totals::Totals;
use crate::report::Report;
use crate::stage::On;
use crate::{Outcome, Run};

/// The number of kills.
const KILLS: u64 = 5;
/// The time in which keys are revoked.
const SPAN: Duration = Duration::from_millis(600);
/// How long the row of a dead node may stay.
const GONE: Duration = Duration::from_secs(5);
/// How often to look for it.
const GLANCE: Duration = Duration::from_millis(20);

/// Kills random nodes while every node revokes keys.
///
/// # Errors
/// If a step fails.
pub async fn run(
    run: &Run,
    site: &mut Site,
    totals: &mut Totals,
    report: &mut Report,
) -> Outcome<()> {
    let mut phase = Phase::begin("a node is killed", site, run.seed).await?;
    let mut gone = Vec::new();
    for _ in 0..run.share_of(KILLS) {
        kill(&mut phase, &mut gone).await?;
    }
    let (count, gone) = (phase.count, Times::of(gone));
    report.row(
        "until the row of a killed node has disappeared",
        On::Postgres.name(),
        gone.len(),
        format!("worst {}", millis(gone.worst())),
        gone.len() as u64 == count,
    );
    phase.finish(Some(LEASE), totals, report).await;
    Ok(())
}

async fn kill(phase: &mut Phase<'_>, gone: &mut Vec<Duration>) -> Outcome<()> {
    let node = phase.rng.index(EVERY.len());
    let mut round = phase.round().await?;
    let revocations = phase.revoke(&mut round, &EVERY, SPAN);
    sleep(SPAN.mul_f64(phase.rng.below(500) as f64 / 1_000.0)).await;
    let begun = Instant::now();
    phase.site.nodes[node].kill()?;
    let killed = Instant::now();
    phase.answers(revocations).await?;
    match until_gone(phase.site, killed).await {
        Ok(Some(took)) => gone.push(took),
        Ok(None) => phase.faults.push(format!(
            "the row of the node is still there after {} s",
            GONE.as_secs()
        )),
        Err(error) => phase
            .faults
            .push(format!("the nodes cannot be counted: {error}")),
    }
    phase.site.nodes[node].start().await?;
    let repaired = Instant::now();
    phase
        .trial
        .history
        .allow_outage(Some(node), begun, repaired + RECOVERY);
    phase.recover(repaired).await?;
    round.end().await;
    Ok(())
}

/// Waits until the database has one node less. Returns how long that took, or nothing if it did
/// not happen.
async fn until_gone(site: &Site, killed: Instant) -> Outcome<Option<Duration>> {
    let mut rows = site.rows().await?;
    let mut took = None;
    while took.is_none() && killed.elapsed() < GONE {
        let nodes = rows.select("id", "nodes").await?;
        if nodes.len() < EVERY.len() {
            took = Some(killed.elapsed());
        } else {
            sleep(GLANCE).await;
        }
    }
    rows.close().await?;
    Ok(took)
}
