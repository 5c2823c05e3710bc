//! Devices that wait until a person signs them in: found by keyed digests, and sealed.

use domain::Moment;

use super::{Connection, StoreError, Tx, execute, fetch};

/// One device that waits.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DeviceRequestRow {
    /// The keyed digest of the device code.
    pub digest: Vec<u8>,
    /// The keyed digest of the user code.
    pub user_digest: Vec<u8>,
    /// The request, and the decision about it.
    pub sealed: Vec<u8>,
    /// How often the device may ask at most; in seconds.
    pub interval_seconds: i64,
    /// When it asked last.
    pub polled_at: Option<i64>,
    pub expires_at: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT digest, user_digest, sealed, interval_seconds, polled_at, expires_at FROM device_requests ",
            $rest
        )
    };
}

/// Inserts a request. False when another one has the user code.
pub async fn insert(tx: &mut Tx, row: &DeviceRequestRow) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO device_requests (digest, user_digest, sealed, interval_seconds, expires_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_digest) DO NOTHING";
    let added = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.digest).bind(&row.user_digest).bind(&row.sealed).bind(row.interval_seconds).bind(row.expires_at)
        .execute(conn))?;
    Ok(added == 1)
}

/// The request with this user code.
pub async fn find_by_user_code(
    connection: &mut Connection,
    user_digest: &[u8],
) -> Result<Option<DeviceRequestRow>, StoreError> {
    const SQL: &str = select!("WHERE user_digest = $1");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(user_digest).fetch_optional(conn))?)
}

/// As [`find_by_user_code`], and locks the row until the transaction ends.
pub async fn lock_by_user_code(
    tx: &mut Tx,
    user_digest: &[u8],
) -> Result<Option<DeviceRequestRow>, StoreError> {
    const SQLITE: &str = select!("WHERE user_digest = $1");
    const POSTGRES: &str = select!("WHERE user_digest = $1 FOR UPDATE");
    let sql = tx.either(SQLITE, POSTGRES);
    fetch!(tx, conn => sqlx::query_as(sql).bind(user_digest).fetch_optional(conn))
}

/// The request with this device code. Locks the row until the transaction ends.
pub async fn lock(tx: &mut Tx, digest: &[u8]) -> Result<Option<DeviceRequestRow>, StoreError> {
    const SQLITE: &str = select!("WHERE digest = $1");
    const POSTGRES: &str = select!("WHERE digest = $1 FOR UPDATE");
    let sql = tx.either(SQLITE, POSTGRES);
    fetch!(tx, conn => sqlx::query_as(sql).bind(digest).fetch_optional(conn))
}

/// Stores what was decided.
pub async fn decide(tx: &mut Tx, digest: &[u8], sealed: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE device_requests SET sealed = $2 WHERE digest = $1";
    execute!(tx, conn => sqlx::query(SQL).bind(digest).bind(sealed).execute(conn))?;
    Ok(())
}

/// Records that the device asked, and how often it may ask from now on.
pub async fn note_poll(
    tx: &mut Tx,
    digest: &[u8],
    at: Moment,
    interval_seconds: i64,
) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE device_requests SET polled_at = $2, interval_seconds = $3 WHERE digest = $1";
    execute!(tx, conn => sqlx::query(SQL).bind(digest).bind(at.0).bind(interval_seconds).execute(conn))?;
    Ok(())
}

/// Deletes a request. False when it is gone.
pub async fn delete(tx: &mut Tx, digest: &[u8]) -> Result<bool, StoreError> {
    const SQL: &str = "DELETE FROM device_requests WHERE digest = $1";
    Ok(execute!(tx, conn => sqlx::query(SQL).bind(digest).execute(conn))? == 1)
}

/// Deletes expired requests.
pub async fn delete_expired(tx: &mut Tx, now: Moment) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM device_requests WHERE expires_at <= $1";
    execute!(tx, conn => sqlx::query(SQL).bind(now.0).execute(conn))?;
    Ok(())
}
