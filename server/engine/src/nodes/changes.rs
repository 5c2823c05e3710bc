//! Applying the changes that other nodes have committed.

use sqlx::postgres::PgListener;
use sqlx::{Acquire, PgConnection};
use tokio::time::sleep;

use super::{LEASE, RENEWAL, within};
use crate::Engine;
use crate::key_table::AuthorityChange;
use crate::store::StoreError;
use crate::store::nodes::{self, CHANNEL};

/// The name of the connection in `pg_stat_activity`.
pub(super) const CONNECTION: &str = "roundtable-changes";

/// Applies changes on a hint of another node, or of the renewal, which finds what hints miss.
pub(super) async fn run(engine: Engine) {
    loop {
        if let Err(error) = listen(&engine).await {
            tracing::debug!(%error, "hints of other nodes cannot be received; renewals find the changes");
        }
        sleep(RENEWAL).await;
    }
}

async fn listen(engine: &Engine) -> Result<(), StoreError> {
    let mut listener = within(LEASE, engine.db().listener(CONNECTION, CHANNEL)).await?;
    loop {
        wait_for_hint(engine, &mut listener).await?;
        within(LEASE * 2, catch_up(engine, &mut listener)).await?;
    }
}

async fn wait_for_hint(engine: &Engine, listener: &mut PgListener) -> Result<(), StoreError> {
    tokio::select! {
        hint = listener.try_recv() => {
            // None: the connection was lost, and hints with it.
            hint?.map(drop).ok_or(sqlx::Error::PoolClosed)?;
        }
        () = engine.nodes().inner.changed.notified() => {}
    }
    Ok(())
}

/// Applies the changes, waits for the requests that they cancelled, and records what was seen.
async fn catch_up(engine: &Engine, listener: &mut PgListener) -> Result<(), StoreError> {
    let conn = listener.acquire().await?;
    apply(engine, conn).await?;
    let seen = *engine.nodes().inner.applied.lock().await;
    engine
        .keys()
        .in_flight()
        .wait_for_cancelled()
        .await;
    nodes::set_seen(conn, engine.nodes().id(), seen).await
}

/// Whether a committed change is not applied yet.
pub(super) async fn is_behind(engine: &Engine, newest: i64) -> bool {
    *engine.nodes().inner.applied.lock().await < newest
}

/// Drops the changed keys from memory and cancels the requests in flight with the weakened ones.
/// This node has done that for its own changes before, unless their commit was not confirmed.
pub(super) async fn apply(engine: &Engine, conn: &mut PgConnection) -> Result<(), StoreError> {
    let nodes = engine.nodes();
    let mut applied = nodes.inner.applied.lock().await;
    let rows = nodes::changes_after(conn, *applied).await?;
    let Some(newest) = rows.last().map(|row| row.n) else {
        return Ok(());
    };
    if rows
        .first()
        .is_some_and(|row| row.n != *applied + 1)
    {
        return Err(StoreError::Row(
            "changes of other nodes were deleted before this node saw them".into(),
        ));
    }
    let is_known = |row: &nodes::ChangeRow| row.node == nodes.id() && !nodes.is_unconfirmed(row.n);
    let unknown: Vec<AuthorityChange> = rows
        .iter()
        .filter(|row| !is_known(row))
        .filter_map(nodes::ChangeRow::change)
        .collect();
    if !unknown.is_empty() {
        engine.keys().announce(&unknown, None);
    }
    nodes.forget_unconfirmed(newest);
    *applied = newest;
    Ok(())
}
