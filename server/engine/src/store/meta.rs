//! Rows of the whole installation: metadata, counters, the key ring.

use super::{Connection, StoreError, Tx, execute, fetch};
use crate::keyring::RingKeyState;

/// Which programs can serve the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Support {
    /// The migration that this is known of.
    pub newest: i64,
    /// The oldest program that can serve, by the newest migration that it knows.
    pub oldest: i64,
}

const NEWEST_SCHEMA: &str = "newest_schema";
/// See [`Support::oldest`]. A renewal of a lease reads it too.
const OLDEST_SCHEMA: &str = "oldest_schema";

/// One wrapped key of the ring.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RingRow {
    /// Its id.
    pub id: i64,
    /// What it is for.
    pub purpose: String,
    /// A word of [`RingKeyState`].
    pub state: String,
    /// The master key it is wrapped with.
    pub kek_id: String,
    /// Nonce and ciphertext.
    pub wrapped: Vec<u8>,
    /// When it was created, in milliseconds.
    pub created_at: i64,
}

impl RingRow {
    /// Whether new values are made with it.
    pub fn is_active(&self) -> bool {
        self.state == RingKeyState::Active.as_str()
    }
}

pub async fn ping(connection: &mut Connection) -> Result<(), StoreError> {
    let _: (i64,) = fetch!(connection, conn => sqlx::query_as("SELECT value FROM counters WHERE name = 'key'").fetch_one(conn))?;
    Ok(())
}

pub async fn get(connection: &mut Connection, name: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = fetch!(connection, conn => sqlx::query_as("SELECT value FROM meta WHERE name = $1").bind(name).fetch_optional(conn))?;
    Ok(row.map(|(value,)| value))
}

/// Inserts a value unless the name exists. Says whether it was inserted.
pub async fn put(tx: &mut Tx, name: &str, value: &str) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING name";
    let row: Option<(String,)> =
        fetch!(tx, conn => sqlx::query_as(SQL).bind(name).bind(value).fetch_optional(conn))?;
    Ok(row.is_some())
}

/// Which programs can serve the tables. Zeros before the first program that records it.
pub async fn support(connection: &mut Connection) -> Result<Support, StoreError> {
    let mut number = async |name| {
        let value = get(connection, name).await?;
        let number = value.map_or(Ok(0), |value| value.parse());
        number.map_err(|_| StoreError::Row(format!("{name} is not a number")))
    };
    Ok(Support {
        newest: number(NEWEST_SCHEMA).await?,
        oldest: number(OLDEST_SCHEMA).await?,
    })
}

/// Records which programs can serve the tables.
pub async fn set_support(tx: &mut Tx, support: Support) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES ($1, $2), ($3, $4) \
         ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value";
    let (newest, oldest) = (support.newest.to_string(), support.oldest.to_string());
    execute!(tx, conn => sqlx::query(SQL)
        .bind(NEWEST_SCHEMA).bind(newest).bind(OLDEST_SCHEMA).bind(oldest)
        .execute(conn))?;
    Ok(())
}

/// A write for the readiness check.
pub async fn count_trial(tx: &mut Tx) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES ('write_trials', '1') \
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(meta.value AS BIGINT) + 1 AS TEXT)";
    execute!(tx, conn => sqlx::query(SQL).execute(conn))?;
    Ok(())
}

/// The next number of a counter.
pub async fn next(tx: &mut Tx, counter: &str) -> Result<i64, StoreError> {
    const SQL: &str = "UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value";
    let (value,): (i64,) = fetch!(tx, conn => sqlx::query_as(SQL).bind(counter).fetch_one(conn))?;
    Ok(value)
}

/// Raises a counter to at least a number.
pub async fn raise(tx: &mut Tx, counter: &str, above: i64) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE counters SET value = $2 WHERE name = $1 AND value < $2";
    execute!(tx, conn => sqlx::query(SQL).bind(counter).bind(above).execute(conn))?;
    Ok(())
}

pub async fn ring(connection: &mut Connection) -> Result<Vec<RingRow>, StoreError> {
    const SQL: &str =
        "SELECT id, purpose, state, kek_id, wrapped, created_at FROM keyring ORDER BY id";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).fetch_all(conn))?)
}

pub async fn insert_ring_key(tx: &mut Tx, row: &RingRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO keyring (id, purpose, state, kek_id, wrapped, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(row.id).bind(&row.purpose).bind(&row.state).bind(&row.kek_id).bind(&row.wrapped).bind(row.created_at)
        .execute(conn))?;
    Ok(())
}

pub async fn rewrap_ring_key(
    tx: &mut Tx,
    id: i64,
    kek_id: &str,
    wrapped: &[u8],
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE keyring SET kek_id = $2, wrapped = $3 WHERE id = $1 RETURNING id";
    let _: (i64,) = fetch!(tx, conn => sqlx::query_as(SQL).bind(id).bind(kek_id).bind(wrapped).fetch_one(conn))?;
    Ok(())
}

/// The number of changes of the ring so far. Zero before the migration that counts them.
pub async fn ring_changes(connection: &mut Connection) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT value FROM counters WHERE name = 'ring_change'";
    let found: Option<(i64,)> =
        fetch!(connection, conn => sqlx::query_as(SQL).fetch_optional(conn))?;
    Ok(found.map_or(0, |(changes,)| changes))
}

/// Ids of the lookup keys that stored API keys use.
pub async fn lookup_keys_in_use(connection: &mut Connection) -> Result<Vec<i64>, StoreError> {
    const SQL: &str = "SELECT DISTINCT lookup_key_id FROM api_keys";
    let rows: Vec<(i64,)> = fetch!(connection, conn => sqlx::query_as(SQL).fetch_all(conn))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
