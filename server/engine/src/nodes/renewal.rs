//! Renewing the lease of this node, on a connection of its own.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::time::sleep;

use super::{LEASE, RENEWAL, changes, within};
use crate::Engine;
use crate::store::nodes::{self, Renewal};
use crate::store::{StoreError, newest_schema};

/// The name of the connection in `pg_stat_activity`.
pub(super) const CONNECTION: &str = "roundtable-lease";

/// Holds the lease, and gets it back after every failure.
pub(super) async fn run(engine: Engine) {
    let mut failing = false;
    loop {
        let Err(error) = hold(&engine, &mut failing).await else {
            continue;
        };
        if matches!(error, StoreError::NewerTables) {
            engine.nodes().supersede();
            return;
        }
        if !std::mem::replace(&mut failing, true) {
            tracing::warn!(%error, "the lease of this node cannot be renewed: each check of a key reads the database");
        }
        sleep(RENEWAL).await;
    }
}

/// Joins and renews until something fails, or until another node has removed this one.
async fn hold(engine: &Engine, failing: &mut bool) -> Result<(), StoreError> {
    let nodes = engine.nodes();
    let lease = &nodes.inner.lease;
    let mut conn = within(LEASE, engine.db().connect_apart(CONNECTION)).await?;
    let sent = lease.now();
    let joined = within(LEASE, nodes::join(&mut conn, nodes.id())).await?;
    refuse_newer_tables(&joined)?;
    begin(engine, sent, &joined).await;
    if std::mem::take(failing) {
        tracing::info!("this node has a lease again");
    }
    loop {
        sleep(RENEWAL).await;
        let sent = lease.now();
        let Some(renewed) = within(LEASE, nodes::renew(&mut conn, nodes.id())).await? else {
            lease.lapse();
            return Ok(());
        };
        refuse_newer_tables(&renewed)?;
        extend(engine, &mut conn, sent, &renewed).await?;
    }
}

/// Refuses tables that a newer program has migrated so that this one cannot serve them.
fn refuse_newer_tables(renewal: &Renewal) -> Result<(), StoreError> {
    if renewal.oldest_schema <= newest_schema() {
        return Ok(());
    }
    Err(StoreError::NewerTables)
}

/// Begins a lease with nothing in memory.
async fn begin(engine: &Engine, sent: Duration, joined: &Renewal) {
    let nodes = engine.nodes();
    let mut applied = nodes.inner.applied.lock().await;
    nodes.note_incarnation(&joined.incarnation);
    *applied = joined.newest;
    nodes.forget_unconfirmed(joined.newest);
    begin_empty(engine, sent);
}

/// Whatever was kept is dropped while there is no lease.
fn begin_empty(engine: &Engine, sent: Duration) {
    let lease = &engine.nodes().inner.lease;
    lease.lapse();
    engine.keys().clear();
    lease.begin(sent);
}

/// Applies what was committed before the renewal, then extends the lease. A lease that has lapsed
/// meanwhile begins again with nothing in memory.
async fn extend(
    engine: &Engine,
    conn: &mut PgConnection,
    sent: Duration,
    renewed: &Renewal,
) -> Result<(), StoreError> {
    let nodes = engine.nodes();
    nodes.note_incarnation(&renewed.incarnation);
    if changes::is_behind(engine, renewed.newest).await {
        within(LEASE, changes::apply(engine, conn)).await?;
        nodes.inner.changed.notify_one();
    }
    if nodes.inner.lease.is_valid() {
        nodes.inner.lease.extend(sent);
    } else {
        begin_empty(engine, sent);
    }
    Ok(())
}
