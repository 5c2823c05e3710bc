//! Usage of keys: sums that are written in batches.

use std::collections::BTreeMap;

use domain::policy::Reach;
use domain::{KeyId, Moment};
use sqlx::QueryBuilder;

use super::{Connection, StoreError, Tx, execute, fetch};

/// When a key was last used, from which IP address, and by which user agent.
pub type LastUse = (Moment, Option<String>, Option<String>);

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

/// A key whose usage is written, and to whose sums it is added.
#[derive(Debug, sqlx::FromRow)]
pub struct UsedKey {
    pub id: i64,
    pub organization_id: String,
    pub actor_id: i64,
    pub environment: String,
    pub api_id: Option<i64>,
}

/// One day of an owner's keys of one environment. The order of the fields is the order in which
/// transactions lock these rows, so that no two of them wait for each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnerDay {
    pub organization_id: String,
    pub actor_id: i64,
    pub environment: String,
    pub day: i64,
}

/// What to do about a key that another transaction has locked. SQLite has one writer at a time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Locked {
    /// Leave it out.
    Skip,
    /// Wait for the end of that transaction.
    Wait,
}

/// The most rows of one statement. SQLite has 32,766 parameters.
pub(super) const ROWS: usize = 1_000;

/// The length of an hour and of a day, in milliseconds.
pub const HOUR_MS: i64 = 3_600_000;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Executes a statement for each of these rows: its start, the values of the rows, and its end.
macro_rules! with_rows {
    ($tx:expr, $rows:expr, $start:expr, $end:expr, |$row:ident, $value:pat_param| $bind:block) => {{
        for rows in $rows.chunks($crate::store::usage::ROWS) {
            execute!($tx, conn => async {
                let mut query = QueryBuilder::new($start);
                query.push_values(rows, |mut $row, $value| $bind);
                query.push($end).build().persistent(false).execute(conn).await
            })?;
        }
        Ok(())
    }};
}
pub(super) use with_rows;

/// Locks these keys until the transaction ends. Without those that do not exist.
pub async fn lock_keys(
    tx: &mut Tx,
    keys: &[KeyId],
    locked: Locked,
) -> Result<Vec<UsedKey>, StoreError> {
    let end = match locked {
        _ if !tx.has_row_locks() => ")",
        Locked::Skip => ") FOR NO KEY UPDATE SKIP LOCKED",
        Locked::Wait => ") FOR NO KEY UPDATE",
    };
    used_keys(tx, keys, end).await
}

/// Reads these keys. Without those that do not exist.
pub async fn find_keys(
    connection: &mut Connection,
    keys: &[KeyId],
) -> Result<Vec<UsedKey>, StoreError> {
    let mut found = Vec::with_capacity(keys.len());
    for keys in keys.chunks(ROWS) {
        found.extend(used_keys(connection, keys, ")").await?);
    }
    Ok(found)
}

/// Reads keys with one statement. `end` is what follows their ids.
async fn used_keys(
    connection: &mut Connection,
    keys: &[KeyId],
    end: &str,
) -> Result<Vec<UsedKey>, StoreError> {
    const SQL: &str = "SELECT id, organization_id, actor_id, api_id, \
         CASE WHEN kind = 'test' THEN 'test' ELSE 'production' END AS environment FROM api_keys WHERE id IN (";
    Ok(fetch!(connection, conn => async {
        let mut query = QueryBuilder::new(SQL);
        let mut list = query.separated(", ");
        keys.iter().for_each(|key| { list.push_bind(key.0); });
        query.push(end).build_query_as().persistent(false).fetch_all(conn).await
    })?)
}

/// Records the last uses, unless later ones are recorded.
pub async fn touch(tx: &mut Tx, uses: &[(KeyId, LastUse)]) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE api_keys SET last_used_at = u.at, last_used_address = u.address, last_used_agent = u.agent \
         FROM (SELECT column1 AS id, column2 AS at, column3 AS address, column4 AS agent FROM (";
    const END: &str = ") v) u WHERE api_keys.id = u.id AND (api_keys.last_used_at IS NULL OR api_keys.last_used_at <= u.at)";
    with_rows!(
        tx,
        uses,
        SQL,
        END,
        |row, (key, (at, address, agent))| {
            row.push_bind(key.0)
                .push_bind(at.0)
                .push_bind(address)
                .push_bind(agent);
        }
    )
}

/// Adds to days.
pub async fn add_days(tx: &mut Tx, days: &[(KeyId, DayRow)]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO key_days (key_id, day, calls, refused, cost) ";
    const END: &str = " ON CONFLICT (key_id, day) DO UPDATE SET calls = key_days.calls + excluded.calls, \
         refused = key_days.refused + excluded.refused, cost = key_days.cost + excluded.cost";
    with_rows!(tx, days, SQL, END, |row, (key, day)| {
        row.push_bind(key.0).push_bind(day.day);
        row.push_bind(day.calls)
            .push_bind(day.refused)
            .push_bind(day.cost);
    })
}

/// Adds to days of owners.
pub async fn add_owner_days(
    tx: &mut Tx,
    days: &BTreeMap<OwnerDay, DayRow>,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO actor_days (organization_id, actor_id, environment, day, calls, refused, cost) ";
    const END: &str = " ON CONFLICT (organization_id, actor_id, environment, day) DO UPDATE SET \
         calls = actor_days.calls + excluded.calls, refused = actor_days.refused + excluded.refused, \
         cost = actor_days.cost + excluded.cost";
    let days: Vec<_> = days.iter().collect();
    with_rows!(tx, days, SQL, END, |row, (owner, day)| {
        row.push_bind(&owner.organization_id)
            .push_bind(owner.actor_id);
        row.push_bind(&owner.environment)
            .push_bind(owner.day);
        row.push_bind(day.calls)
            .push_bind(day.refused)
            .push_bind(day.cost);
    })
}

/// Adds to callers.
pub async fn add_callers(tx: &mut Tx, callers: &[(KeyId, CallerRow)]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO key_callers (key_id, address, agent, at, calls) ";
    const END: &str = " ON CONFLICT (key_id, address, agent) DO UPDATE SET at = excluded.at, \
         calls = key_callers.calls + excluded.calls";
    with_rows!(tx, callers, SQL, END, |row, (key, caller)| {
        row.push_bind(key.0)
            .push_bind(&caller.address)
            .push_bind(&caller.agent);
        row.push_bind(caller.at).push_bind(caller.calls);
    })
}

/// Deletes all but the last `keep` callers of each of these keys. Few have more.
pub async fn keep_callers(tx: &mut Tx, keys: &[KeyId], keep: i64) -> Result<(), StoreError> {
    const WITH_MORE: &str = "SELECT key_id FROM key_callers WHERE key_id IN (";
    const DELETE: &str = "DELETE FROM key_callers WHERE key_id = $1 AND at < \
         (SELECT MIN(k.at) FROM (SELECT at FROM key_callers WHERE key_id = $1 ORDER BY at DESC LIMIT $2) k)";
    for keys in keys.chunks(ROWS) {
        let with_more: Vec<(i64,)> = fetch!(tx, conn => async {
            let mut query = QueryBuilder::new(WITH_MORE);
            let mut list = query.separated(", ");
            keys.iter().for_each(|key| { list.push_bind(key.0); });
            query.push(") GROUP BY key_id HAVING COUNT(*) > ").push_bind(keep);
            query.build_query_as().persistent(false).fetch_all(conn).await
        })?;
        for (key,) in with_more {
            execute!(tx, conn => sqlx::query(DELETE).bind(key).bind(keep).execute(conn))?;
        }
    }
    Ok(())
}

/// Adds to the refusals of days.
pub async fn add_refusals(
    tx: &mut Tx,
    refusals: &[(KeyId, i64, RefusalRow)],
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO key_refusals (key_id, day, cause, at, address, count) ";
    const END: &str = " ON CONFLICT (key_id, day, cause) DO UPDATE SET at = excluded.at, address = excluded.address, \
         count = key_refusals.count + excluded.count";
    with_rows!(tx, refusals, SQL, END, |row, (key, day, refusal)| {
        row.push_bind(key.0)
            .push_bind(day)
            .push_bind(&refusal.cause);
        row.push_bind(refusal.at)
            .push_bind(&refusal.address)
            .push_bind(refusal.count);
    })
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
