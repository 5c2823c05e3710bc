//! The nodes that share a Postgres database, and the changes that each of them has to see.
//!
//! These queries are for Postgres only, some of them on a connection of their own: a pool whose
//! connections are all leased must not delay the renewal of a lease.

use domain::{ActorId, ApiId, KeyId};
use sqlx::postgres::PgConnection;

use super::{Conn, Connection, StoreError, execute, fetch, newest_schema};
use crate::in_flight::Authority;
use crate::key_table::AuthorityChange;

/// The channel that hints at new changes.
pub const CHANNEL: &str = "roundtable_changes";
/// Changes that are kept for nodes that are behind. A node that is further behind starts again.
const KEPT: i64 = 10_000;

/// A node, as another one sees it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NodeRow {
    pub id: String,
    /// How often it has renewed its lease.
    pub renewals: i64,
    /// The last change that it has applied; the requests in flight of that change have ended.
    pub seen: i64,
}

/// What a renewal tells a node.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Renewal {
    /// The newest committed change.
    pub newest: i64,
    /// Differs after a restart or a failover of the server.
    pub incarnation: String,
    /// The oldest schema whose programs can serve the tables.
    pub oldest_schema: i64,
}

/// A node, as a program sees it that is about to migrate the tables.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunningRow {
    pub id: String,
    pub renewals: i64,
    /// The newest migration that its program knows. Zero if the program does not say.
    pub schema: i64,
}

/// A change of another node or of this one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ChangeRow {
    pub n: i64,
    pub node: String,
    kind: String,
    object_id: i64,
    weakens: bool,
}

impl ChangeRow {
    /// The change, or none if its kind is unknown: a newer version of this program wrote it.
    pub fn change(&self) -> Option<AuthorityChange> {
        let of = match self.kind.as_str() {
            "key" => Authority::Key(KeyId(self.object_id)),
            "owner" => Authority::Owner(ActorId(self.object_id)),
            "api" => Authority::Api(ApiId(self.object_id)),
            _ => return None,
        };
        Some(AuthorityChange {
            of,
            weakens: self.weakens,
        })
    }
}

/// Differs after a restart or a failover of the server: its start, and its timeline.
macro_rules! incarnation {
    () => {
        "pg_postmaster_start_time()::text || ' ' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
    };
}

macro_rules! renewal {
    () => {
        concat!(
            "(SELECT n FROM authority_counter WHERE id = 1) AS newest, ",
            incarnation!(),
            " AS incarnation, COALESCE((SELECT CAST(value AS BIGINT) FROM meta WHERE name = 'oldest_schema'), 0) AS oldest_schema"
        )
    };
}

/// Adds this node, or adds it again. It has seen everything that is committed, because it has
/// nothing in memory yet.
pub async fn join(conn: &mut PgConnection, id: &str) -> Result<Renewal, StoreError> {
    const SQL: &str = concat!(
        "INSERT INTO nodes (id, renewals, seen, schema) VALUES ($1, 1, (SELECT n FROM authority_counter WHERE id = 1), $2) \
         ON CONFLICT (id) DO UPDATE SET renewals = nodes.renewals + 1, seen = EXCLUDED.seen RETURNING ",
        renewal!()
    );
    Ok(sqlx::query_as(SQL)
        .bind(id)
        .bind(newest_schema())
        .fetch_one(conn)
        .await?)
}

/// Renews the lease of this node. None if another node has removed it.
pub async fn renew(conn: &mut PgConnection, id: &str) -> Result<Option<Renewal>, StoreError> {
    const SQL: &str = concat!(
        "UPDATE nodes SET renewals = renewals + 1 WHERE id = $1 RETURNING ",
        renewal!()
    );
    Ok(sqlx::query_as(SQL)
        .bind(id)
        .fetch_optional(conn)
        .await?)
}

/// Records that this node has applied every change up to `n`.
pub async fn set_seen(conn: &mut PgConnection, id: &str, n: i64) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE nodes SET seen = $2 WHERE id = $1 AND seen < $2";
    sqlx::query(SQL)
        .bind(id)
        .bind(n)
        .execute(conn)
        .await?;
    Ok(())
}

/// The changes after `n`, in the order of their commits.
pub async fn changes_after(conn: &mut PgConnection, n: i64) -> Result<Vec<ChangeRow>, StoreError> {
    const SQL: &str =
        "SELECT n, node, kind, object_id, weakens FROM authority_changes WHERE n > $1 ORDER BY n";
    Ok(sqlx::query_as(SQL)
        .bind(n)
        .fetch_all(conn)
        .await?)
}

/// Removes this node, when it stops.
pub async fn leave(conn: &mut PgConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM nodes WHERE id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Appends changes to a transaction, right before its commit. Gives the number of the last one. The
/// counter stays locked until the commit, so that the numbers are in the order of the commits.
pub async fn append(
    connection: &mut Connection,
    node: &str,
    changes: &[AuthorityChange],
) -> Result<i64, StoreError> {
    const COUNT: &str = "UPDATE authority_counter SET n = n + $1 WHERE id = 1 RETURNING n";
    const APPEND: &str = "INSERT INTO authority_changes (n, node, kind, object_id, weakens) VALUES ($1, $2, $3, $4, $5)";
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    let (last,): (i64,) =
        fetch!(connection, conn => sqlx::query_as(COUNT).bind(count).fetch_one(conn))?;
    for (n, change) in (last - count + 1..).zip(changes) {
        let (kind, id) = match change.of {
            Authority::Key(id) => ("key", id.0),
            Authority::Owner(id) => ("owner", id.0),
            Authority::Api(id) => ("api", id.0),
        };
        execute!(connection, conn => sqlx::query(APPEND)
            .bind(n).bind(node).bind(kind).bind(id).bind(change.weakens).execute(conn))?;
    }
    Ok(last)
}

/// The number of the newest committed change.
pub async fn newest(connection: &mut Connection) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT n FROM authority_counter WHERE id = 1";
    let (newest,): (i64,) = fetch!(connection, conn => sqlx::query_as(SQL).fetch_one(conn))?;
    Ok(newest)
}

/// Tells the other nodes that there is a new change. Only a hint: it may be lost.
pub async fn hint(connection: &mut Connection) -> Result<(), StoreError> {
    let health = connection.health();
    match connection.conn() {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(conn) => {
            let notified = sqlx::query("SELECT pg_notify($1, '')")
                .bind(CHANNEL)
                .execute(conn);
            health.run(notified).await.map(drop)
        }
    }
}

/// See [`Renewal::incarnation`].
pub async fn incarnation(connection: &mut Connection) -> Result<String, StoreError> {
    const SQL: &str = concat!("SELECT ", incarnation!());
    let (incarnation,): (String,) =
        fetch!(connection, conn => sqlx::query_as(SQL).fetch_one(conn))?;
    Ok(incarnation)
}

/// Every node except this one.
pub async fn others(connection: &mut Connection, id: &str) -> Result<Vec<NodeRow>, StoreError> {
    const SQL: &str = "SELECT id, renewals, seen FROM nodes WHERE id <> $1";
    fetch!(connection, conn => sqlx::query_as(SQL).bind(id).fetch_all(conn))
}

/// Every node, in tables that the pending migrations have not reached yet: there may be no such
/// table, and no column for the schema.
pub async fn running(connection: &mut Connection) -> Result<Vec<RunningRow>, StoreError> {
    const TABLE: &str = "SELECT to_regclass('nodes') IS NOT NULL";
    const SQL: &str = "SELECT id, renewals, COALESCE((to_jsonb(nodes) ->> 'schema')::bigint, 0) AS schema FROM nodes";
    let (has_table,): (bool,) = fetch!(connection, conn => sqlx::query_as(TABLE).fetch_one(conn))?;
    if !has_table {
        return Ok(Vec::new());
    }
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).fetch_all(conn))?)
}

/// Removes a node that has not renewed its lease since it was seen. Says whether it was removed.
pub async fn remove_dead(connection: &mut Connection, node: &NodeRow) -> Result<bool, StoreError> {
    const SQL: &str = "DELETE FROM nodes WHERE id = $1 AND renewals = $2";
    let removed = execute!(connection, conn => sqlx::query(SQL).bind(&node.id).bind(node.renewals).execute(conn))?;
    Ok(removed == 1)
}

/// Deletes changes that no node needs any more.
pub async fn delete_old_changes(connection: &mut Connection) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM authority_changes WHERE n <= (SELECT n FROM authority_counter WHERE id = 1) - $1";
    execute!(connection, conn => sqlx::query(SQL).bind(KEPT).execute(conn)).map(drop)
}
