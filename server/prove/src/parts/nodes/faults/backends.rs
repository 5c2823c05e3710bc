//! The connections that a node has for its lease and for changes are killed in Postgres.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::parts::nodes::phase::{LEASE, Phase};
use crate::parts::nodes::site::{EVERY, Site};
use crate::parts::nodes::totals::Totals;
use crate::report::Report;
use crate::stage::On;
use crate::{Outcome, Run};

/// A connection that every node has.
pub struct Backend {
    /// The fault, as the subject of a sentence.
    fault: &'static str,
    /// Its `application_name`.
    application: &'static str,
    /// How often it is killed.
    kills: u64,
}

/// Listens for changes.
pub const CHANGES: Backend = Backend {
    fault: "the connection for changes is killed",
    application: "roundtable-changes",
    kills: 50,
};

/// Renews the lease.
pub const RENEWALS: Backend = Backend {
    fault: "the connection of the lease is killed",
    application: "roundtable-lease",
    kills: 20,
};

/// The time in which keys are revoked and a connection is killed.
const SPAN: Duration = Duration::from_millis(200);
/// How long a node may take to open the connection again.
const REOPEN: Duration = Duration::from_secs(3);
/// How often to look whether it has.
const GLANCE: Duration = Duration::from_millis(20);

/// Kills the connection of one node, and every third time of all nodes.
///
/// # Errors
/// If a step fails.
pub async fn run(
    backend: Backend,
    run: &Run,
    site: &mut Site,
    totals: &mut Totals,
    report: &mut Report,
) -> Outcome<()> {
    let mut phase = Phase::begin(backend.fault, site, run.seed).await?;
    let mut killed = 0;
    let kills = run.share_of(backend.kills);
    for number in 0..kills {
        if !is_open_everywhere(&backend, phase.site).await? {
            phase.faults.push(format!(
                "not every node has a connection {} within {} s",
                backend.application,
                REOPEN.as_secs()
            ));
            break;
        }
        let victims = if number % 3 == 2 { EVERY.len() } else { 1 };
        killed += kill(&backend, &mut phase, victims).await?;
    }
    report.row(
        &format!("connections {} that were killed", backend.application),
        On::Postgres.name(),
        kills,
        killed.to_string(),
        killed as u64 >= kills,
    );
    phase.finish(Some(LEASE), totals, report).await;
    Ok(())
}

/// Kills this many connections while keys are revoked. Returns how many were killed.
async fn kill(backend: &Backend, phase: &mut Phase<'_>, victims: usize) -> Outcome<usize> {
    let mut round = phase.round().await?;
    let revocations = phase.revoke(&mut round, &EVERY, SPAN);
    sleep(SPAN.mul_f64(phase.rng.below(1_000) as f64 / 1_000.0)).await;
    let mut rows = phase.site.rows().await?;
    let victims = format!(
        "(SELECT pid FROM {} ORDER BY random() LIMIT {victims}) AS victims",
        backends(backend)
    );
    let killed = rows
        .select("pg_terminate_backend(pid)", &victims)
        .await?;
    let repaired = Instant::now();
    rows.close().await?;
    phase.settle(round, revocations, repaired).await?;
    Ok(killed.len())
}

/// Waits until every node has this connection.
async fn is_open_everywhere(backend: &Backend, site: &Site) -> Outcome<bool> {
    let begun = Instant::now();
    let mut rows = site.rows().await?;
    while begun.elapsed() < REOPEN {
        let found = rows.select("pid", &backends(backend)).await?;
        if found.len() >= EVERY.len() {
            rows.close().await?;
            return Ok(true);
        }
        sleep(GLANCE).await;
    }
    rows.close().await?;
    Ok(false)
}

/// The part of a query after `FROM`.
fn backends(backend: &Backend) -> String {
    format!(
        "pg_stat_activity WHERE datname = current_database() AND application_name = '{}'",
        backend.application
    )
}
