//! Two nodes are started at the same moment.

use std::time::Duration;

use tokio::time::Instant;

use crate::parts::nodes::phase::{Phase, RECOVERY};
use crate::parts::nodes::site::Site;
use crate::parts::nodes::totals::Totals;
use crate::program::Program;
use crate::report::Report;
use crate::{Outcome, Run};

/// How often.
const STARTS: u64 = 5;
/// The time in which keys are revoked. A node starts in less.
const SPAN: Duration = Duration::from_millis(1_500);
/// How long a node may take to end.
const LIMIT: Duration = Duration::from_secs(10);

/// Ends two nodes and starts both again, while the first node revokes keys.
///
/// # Errors
/// If a step fails.
pub async fn run(
    run: &Run,
    site: &mut Site,
    totals: &mut Totals,
    report: &mut Report,
) -> Outcome<()> {
    let name = "two nodes are started at once";
    let mut phase = Phase::begin(name, site, run.seed).await?;
    for number in 0..run.share_of(STARTS) {
        start(&mut phase, number.is_multiple_of(2)).await?;
    }
    phase.finish(None, totals, report).await;
    Ok(())
}

/// A node that is killed leaves its lease behind, and one that ends by itself does not.
async fn start(phase: &mut Phase<'_>, is_kill: bool) -> Outcome<()> {
    let mut round = phase.round().await?;
    let begun = Instant::now();
    let [_, one, other] = phase.site.nodes.as_mut_slice() else {
        return Err("there are not three nodes".into());
    };
    let (first, second) = tokio::join!(stop(one, is_kill), stop(other, is_kill));
    first.and(second)?;
    let revocations = phase.revoke(&mut round, &[0], SPAN);
    let [_, one, other] = phase.site.nodes.as_mut_slice() else {
        return Err("there are not three nodes".into());
    };
    let (first, second) = tokio::join!(one.start(), other.start());
    first.and(second)?;
    let repaired = Instant::now();
    for node in [1, 2] {
        phase
            .trial
            .history
            .allow_outage(Some(node), begun, repaired + RECOVERY);
    }
    phase.settle(round, revocations, repaired).await?;
    Ok(())
}

async fn stop(node: &mut Program, is_kill: bool) -> Outcome<()> {
    if is_kill {
        node.kill()
    } else {
        node.terminate(LIMIT).await.map(drop)
    }
}
