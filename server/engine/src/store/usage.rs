//! Usage of keys: sums that are written in batches.

use domain::policy::Reach;
use domain::{KeyId, Moment};

use super::{Connection, StoreError, Tx, execute, fetch};

/// One day of one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct DayRow {
    pub day: i64,
    pub calls: i64,
    pub refused: i64,
    pub cost: i64,
}

impl DayRow {
    /// Adds the usage of the same day.
    pub const fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.refused += other.refused;
        self.cost += other.cost;
    }
}

/// Refused requests of one cause on one day.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RefusalRow {
    pub cause: String,
    pub at: i64,
    pub address: Option<String>,
    pub count: i64,
}

/// An IP address and user agent that used the key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CallerRow {
    pub address: String,
    pub agent: String,
    pub at: i64,
    pub calls: i64,
}

/// Records the last use, unless a later one is recorded.
pub async fn touch(
    tx: &mut Tx,
    id: KeyId,
    at: Moment,
    address: Option<&str>,
    agent: Option<&str>,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE api_keys SET last_used_at = $2, last_used_address = $3, last_used_agent = $4 \
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2)";
    execute!(tx, conn => sqlx::query(SQL).bind(id.0).bind(at.0).bind(address).bind(agent).execute(conn))?;
    Ok(())
}

/// Adds to a day.
pub async fn add_day(tx: &mut Tx, id: KeyId, row: DayRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO key_days (key_id, day, calls, refused, cost) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (key_id, day) DO UPDATE SET calls = key_days.calls + excluded.calls, \
         refused = key_days.refused + excluded.refused, cost = key_days.cost + excluded.cost";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(id.0).bind(row.day).bind(row.calls).bind(row.refused).bind(row.cost).execute(conn))?;
    Ok(())
}

/// Adds to the same day of the key's owner.
pub async fn add_owner_day(tx: &mut Tx, id: KeyId, row: DayRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO actor_days (organization_id, actor_id, environment, day, calls, refused, cost) \
         SELECT k.organization_id, k.actor_id, CASE WHEN k.kind = 'test' THEN 'test' ELSE 'production' END, \
         CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT) FROM api_keys k WHERE k.id = $1 \
         ON CONFLICT (organization_id, actor_id, environment, day) DO UPDATE SET calls = actor_days.calls + excluded.calls, \
         refused = actor_days.refused + excluded.refused, cost = actor_days.cost + excluded.cost";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(id.0).bind(row.day).bind(row.calls).bind(row.refused).bind(row.cost).execute(conn))?;
    Ok(())
}

/// Adds to a caller.
pub async fn add_caller(tx: &mut Tx, id: KeyId, row: &CallerRow) -> Result<(), StoreError> {
    const ADD: &str = "INSERT INTO key_callers (key_id, address, agent, at, calls) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (key_id, address, agent) DO UPDATE SET at = excluded.at, calls = key_callers.calls + excluded.calls";
    execute!(tx, conn => sqlx::query(ADD)
        .bind(id.0).bind(&row.address).bind(&row.agent).bind(row.at).bind(row.calls).execute(conn))?;
    Ok(())
}

/// Deletes all but the last `keep` callers of the key.
pub async fn keep_callers(tx: &mut Tx, id: KeyId, keep: i64) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM key_callers WHERE key_id = $1 AND at < \
         (SELECT MIN(k.at) FROM (SELECT at FROM key_callers WHERE key_id = $1 ORDER BY at DESC LIMIT $2) k)";
    execute!(tx, conn => sqlx::query(SQL).bind(id.0).bind(keep).execute(conn))?;
    Ok(())
}

/// Deletes days and refusals before this day.
pub async fn delete_before(tx: &mut Tx, first: i64) -> Result<(), StoreError> {
    const DAYS: &str = "DELETE FROM key_days WHERE day < $1";
    const OWNERS: &str = "DELETE FROM actor_days WHERE day < $1";
    const REFUSALS: &str = "DELETE FROM key_refusals WHERE day < $1";
    execute!(tx, conn => sqlx::query(DAYS).bind(first).execute(conn))?;
    execute!(tx, conn => sqlx::query(REFUSALS).bind(first).execute(conn))?;
    execute!(tx, conn => sqlx::query(OWNERS).bind(first).execute(conn))?;
    Ok(())
}

/// Adds to the refusals of a day.
pub async fn add_refusal(
    tx: &mut Tx,
    id: KeyId,
    day: i64,
    row: &RefusalRow,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO key_refusals (key_id, day, cause, at, address, count) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (key_id, day, cause) DO UPDATE SET at = excluded.at, address = excluded.address, \
         count = key_refusals.count + excluded.count";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(id.0).bind(day).bind(&row.cause).bind(row.at).bind(&row.address).bind(row.count).execute(conn))?;
    Ok(())
}

/// The days of a key from `first` on.
pub async fn days(
    connection: &mut Connection,
    id: KeyId,
    first: i64,
) -> Result<Vec<DayRow>, StoreError> {
    const SQL: &str = "SELECT day, calls, refused, cost FROM key_days WHERE key_id = $1 AND day >= $2 ORDER BY day";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(id.0).bind(first).fetch_all(conn))?)
}

/// The sums of all keys within reach, day by day from `first` on.
pub async fn sums(
    connection: &mut Connection,
    reach: &Reach,
    first: i64,
) -> Result<Vec<DayRow>, StoreError> {
    const SQL: &str = "SELECT day, CAST(SUM(calls) AS BIGINT) AS calls, CAST(SUM(refused) AS BIGINT) AS refused, \
         CAST(SUM(cost) AS BIGINT) AS cost FROM actor_days WHERE organization_id = $1 AND day >= $2 \
         AND (actor_id = $3 OR $3 = 0) AND (environment = $4 OR $4 = 'production') GROUP BY day ORDER BY day";
    let (own, environment) = (
        reach.owner().map_or(0, |own| own.0),
        reach.environment().as_str(),
    );
    Ok(fetch!(connection, conn => {
        sqlx::query_as(SQL).bind(reach.organization().as_str()).bind(first).bind(own).bind(environment).fetch_all(conn)
    })?)
}

/// The newest callers of a key.
pub async fn callers(
    connection: &mut Connection,
    id: KeyId,
    limit: i64,
) -> Result<Vec<CallerRow>, StoreError> {
    const SQL: &str = "SELECT address, agent, at, calls FROM key_callers WHERE key_id = $1 ORDER BY at DESC LIMIT $2";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(id.0).bind(limit).fetch_all(conn))?)
}

/// The newest refusals of a key.
pub async fn refusals(
    connection: &mut Connection,
    id: KeyId,
    limit: i64,
) -> Result<Vec<RefusalRow>, StoreError> {
    const SQL: &str = "SELECT cause, at, address, count FROM key_refusals WHERE key_id = $1 ORDER BY at DESC LIMIT $2";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(id.0).bind(limit).fetch_all(conn))?)
}
