//! Correcting times that were written while a clock was ahead.

use domain::Moment;

use super::{StoreError, Tx, execute};

/// Columns that only show when something happened.
const SHOWN: [&str; 3] = [
    "UPDATE api_keys SET last_used_at = $1 WHERE last_used_at > $2",
    "UPDATE key_callers SET at = $1 WHERE at > $2",
    "UPDATE sessions SET seen_at = $1 WHERE seen_at > $2",
];
/// Counts of future days, added to today.
const COUNTED: [&str; 3] = [
    "INSERT INTO key_days (key_id, day, calls, refused, cost) \
     SELECT key_id, CAST($1 AS BIGINT), CAST(SUM(calls) AS BIGINT), CAST(SUM(refused) AS BIGINT), \
     CAST(SUM(cost) AS BIGINT) FROM key_days WHERE day > $2 GROUP BY key_id \
     ON CONFLICT (key_id, day) DO UPDATE SET calls = key_days.calls + excluded.calls, \
     refused = key_days.refused + excluded.refused, cost = key_days.cost + excluded.cost",
    "INSERT INTO actor_days (organization_id, actor_id, environment, day, calls, refused, cost) \
     SELECT organization_id, actor_id, environment, CAST($1 AS BIGINT), CAST(SUM(calls) AS BIGINT), \
     CAST(SUM(refused) AS BIGINT), CAST(SUM(cost) AS BIGINT) FROM actor_days WHERE day > $2 \
     GROUP BY organization_id, actor_id, environment \
     ON CONFLICT (organization_id, actor_id, environment, day) DO UPDATE SET \
     calls = actor_days.calls + excluded.calls, refused = actor_days.refused + excluded.refused, \
     cost = actor_days.cost + excluded.cost",
    "INSERT INTO key_refusals (key_id, day, cause, at, address, count) \
     SELECT key_id, CAST($1 AS BIGINT), cause, CAST($3 AS BIGINT), MAX(address), CAST(SUM(count) AS BIGINT) \
     FROM key_refusals WHERE day > $2 GROUP BY key_id, cause \
     ON CONFLICT (key_id, day, cause) DO UPDATE SET count = key_refusals.count + excluded.count",
];
const FUTURE_DAYS: [&str; 3] = [
    "DELETE FROM key_days WHERE day > $1",
    "DELETE FROM actor_days WHERE day > $1",
    "DELETE FROM key_refusals WHERE day > $1",
];

/// Sets times after `ahead` that only show when something happened to now.
pub async fn reset_to_now(tx: &mut Tx, now: Moment, ahead: Moment) -> Result<(), StoreError> {
    for sql in SHOWN {
        execute!(tx, conn => sqlx::query(sql).bind(now.0).bind(ahead.0).execute(conn))?;
    }
    Ok(())
}

/// Adds what was counted on days after `last` to `today`.
pub async fn move_counts_to_today(
    tx: &mut Tx,
    now: Moment,
    today: i64,
    last: i64,
) -> Result<(), StoreError> {
    let [keys, actors, refusals] = COUNTED;
    for sql in [keys, actors] {
        execute!(tx, conn => sqlx::query(sql).bind(today).bind(last).execute(conn))?;
    }
    execute!(tx, conn => sqlx::query(refusals).bind(today).bind(last).bind(now.0).execute(conn))?;
    for sql in FUTURE_DAYS {
        execute!(tx, conn => sqlx::query(sql).bind(last).execute(conn))?;
    }
    Ok(())
}

/// Deletes sessions and sign-ins that began after `ahead`, because they would last too long.
pub async fn delete_from_future(
    tx: &mut Tx,
    ahead: Moment,
    flows_end: Moment,
) -> Result<(), StoreError> {
    execute!(tx, conn => sqlx::query("DELETE FROM sessions WHERE created_at > $1").bind(ahead.0).execute(conn))?;
    execute!(tx, conn => sqlx::query("DELETE FROM sign_in_flows WHERE expires_at > $1").bind(flows_end.0).execute(conn))?;
    Ok(())
}
