//! Counts of calls with keys, by the hour and by the day.

use std::collections::BTreeMap;

use domain::{KeyId, Moment};
use sqlx::QueryBuilder;

use super::usage::with_rows;
use super::{Connection, StoreError, Tx, execute, fetch};

/// The code of a request that passed. Of others, it is their cause.
pub const VALID: &str = "valid";

/// What is counted. The order of the fields is the order in which transactions lock these rows, so
/// that no two of them wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountOf {
    pub subject: &'static str,
    pub subject_id: i64,
    pub environment: String,
    pub step: &'static str,
    pub at: i64,
    pub code: &'static str,
}

/// Subjects.
pub const KEY: &str = "key";
pub const OWNER: &str = "owner";
pub const API: &str = "api";
/// Steps.
pub const HOUR: &str = "hour";
pub const DAY: &str = "day";

/// A count of one hour or one day.
#[derive(Debug, sqlx::FromRow)]
pub struct CountRow {
    pub at: i64,
    pub code: String,
    pub count: i64,
}

/// Adds to counts.
pub async fn add(tx: &mut Tx, counts: &BTreeMap<CountOf, i64>) -> Result<(), StoreError> {
    const SQL: &str =
        "INSERT INTO call_counts (subject, subject_id, environment, step, at, code, count) ";
    const END: &str = " ON CONFLICT (subject, subject_id, environment, step, at, code) \
         DO UPDATE SET count = call_counts.count + excluded.count";
    let counts: Vec<_> = counts.iter().collect();
    with_rows!(tx, counts, SQL, END, |row, (of, count)| {
        row.push_bind(of.subject)
            .push_bind(of.subject_id)
            .push_bind(&of.environment);
        row.push_bind(of.step)
            .push_bind(of.at)
            .push_bind(of.code)
            .push_bind(count);
    })
}

/// The counts of a subject from `first` on, of both environments.
pub async fn list(
    connection: &mut Connection,
    subject: (&str, i64),
    step: &str,
    first: i64,
) -> Result<Vec<CountRow>, StoreError> {
    const SQL: &str = "SELECT at, code, CAST(SUM(count) AS BIGINT) AS count FROM call_counts \
         WHERE subject = $1 AND subject_id = $2 AND step = $3 AND at >= $4 GROUP BY at, code ORDER BY at, code";
    let (kind, id) = subject;
    Ok(fetch!(connection, conn => {
        sqlx::query_as(SQL).bind(kind).bind(id).bind(step).bind(first).fetch_all(conn)
    })?)
}

/// The days of a key from `first` on.
pub async fn days_of_key(
    connection: &mut Connection,
    key: KeyId,
    first: i64,
) -> Result<Vec<CountRow>, StoreError> {
    const SQL: &str = "SELECT day AS at, 'valid' AS code, calls AS count FROM key_days \
         WHERE key_id = $1 AND day >= $2 AND calls > 0 \
         UNION ALL SELECT day AS at, cause AS code, count FROM key_refusals WHERE key_id = $1 AND day >= $2";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(key.0).bind(first).fetch_all(conn))?)
}

/// Deletes hours and days before these.
pub async fn delete_before(tx: &mut Tx, hour: i64, day: i64) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM call_counts WHERE step = $1 AND at < $2";
    for (step, first) in [(HOUR, hour), (DAY, day)] {
        execute!(tx, conn => sqlx::query(SQL).bind(step).bind(first).execute(conn))?;
    }
    Ok(())
}

/// Adds what was counted after `ahead` to the hour and the day of `now`.
pub async fn move_to_now(tx: &mut Tx, now: Moment, ahead: Moment) -> Result<(), StoreError> {
    const MOVE: &str = "INSERT INTO call_counts (subject, subject_id, environment, step, at, code, count) \
         SELECT subject, subject_id, environment, step, CAST($1 AS BIGINT), code, CAST(SUM(count) AS BIGINT) \
         FROM call_counts WHERE step = $2 AND at > $3 GROUP BY subject, subject_id, environment, step, code \
         ON CONFLICT (subject, subject_id, environment, step, at, code) \
         DO UPDATE SET count = call_counts.count + excluded.count";
    const DELETE: &str = "DELETE FROM call_counts WHERE step = $1 AND at > $2";
    for (step, length) in [(HOUR, super::usage::HOUR_MS), (DAY, super::usage::DAY_MS)] {
        let (now, last) = (now.0.div_euclid(length), ahead.0.div_euclid(length));
        execute!(tx, conn => sqlx::query(MOVE).bind(now).bind(step).bind(last).execute(conn))?;
        execute!(tx, conn => sqlx::query(DELETE).bind(step).bind(last).execute(conn))?;
    }
    Ok(())
}
