//! The clock of a node is moved. The clock of Postgres and of the other nodes is right.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::fake_clock::{FakeClock, library};
use crate::parts::nodes::phase::{LEASE, Phase};
use crate::parts::nodes::site::{EVERY, MOVED, Site};
use crate::parts::nodes::totals::Totals;
use crate::report::Report;
use crate::stage::On;
use crate::{Outcome, Run};

/// The fault, as the subject of a sentence.
const NAME: &str = "the clock of a node is moved";
/// How often it is moved.
const MOVES: u64 = 20;
/// The times that it is set to.
const MOMENTS: [&str; 5] = ["+1h", "-1h", "+400d", "-400d", "+0"];
/// The time in which keys are revoked.
const SPAN: Duration = Duration::from_millis(300);
/// How long the node may take to end.
const LIMIT: Duration = Duration::from_secs(10);

/// Restarts a node with a clock of its own, and moves it.
///
/// # Errors
/// If a step fails.
pub async fn run(
    run: &Run,
    site: &mut Site,
    totals: &mut Totals,
    report: &mut Report,
) -> Outcome<()> {
    if let Err(error) = library() {
        // A small run does not need it.
        report.row(
            NAME,
            On::Postgres.name(),
            0,
            format!("not run: {error}"),
            run.share < 100,
        );
        return Ok(());
    }
    let clock = FakeClock::new(run.folder.join("clock-of-a-node"))?;
    let settings = clock.settings()?;
    for (name, value) in &settings {
        site.nodes[MOVED].set(name, value);
    }
    restart(site).await?;
    let moved = moves(run, site, &clock, totals, report).await;
    for (name, _) in &settings {
        site.nodes[MOVED].unset(name);
    }
    restart(site).await?;
    moved
}

async fn moves(
    run: &Run,
    site: &mut Site,
    clock: &FakeClock,
    totals: &mut Totals,
    report: &mut Report,
) -> Outcome<()> {
    let mut phase = Phase::begin(NAME, site, run.seed).await?;
    let moments = MOMENTS.iter().cycle();
    for (_, moment) in (0..run.share_of(MOVES)).zip(moments) {
        let mut round = phase.round().await?;
        let revocations = phase.revoke(&mut round, &EVERY, SPAN);
        sleep(SPAN / 2).await;
        clock.set(moment)?;
        let repaired = Instant::now();
        phase.settle(round, revocations, repaired).await?;
    }
    clock.set("+0")?;
    phase.finish(Some(LEASE), totals, report).await;
    Ok(())
}

async fn restart(site: &mut Site) -> Outcome<()> {
    let node = &mut site.nodes[MOVED];
    node.terminate(LIMIT).await?;
    node.start().await?;
    Ok(())
}
