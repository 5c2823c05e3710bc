//! Opens an SQLite database.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite};

use super::StoreError;
use super::file::DbFile;
use super::lease::Gate;

/// How long a connection waits for a lock of another process.
const BUSY: Duration = Duration::from_secs(5);
/// The size to which the write-ahead log is truncated after it grew during a long read.
const LOG_LIMIT: &str = "4194304";
/// The page cache of the writing connection: 4 MB. SQLite counts a negative number in KiB.
const WRITER_CACHE: &str = "-4000";
/// The page cache of each reading connection: 1 MB. The operating system keeps the file in memory.
const READER_CACHE: &str = "-1000";

/// Opens the writing connection and the reading ones.
pub(super) async fn open(file: &DbFile) -> Result<(Gate<Sqlite>, Gate<Sqlite>), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(file.path())
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .pragma("journal_size_limit", LOG_LIMIT)
        .pragma("temp_store", "memory")
        .pragma("cache_size", WRITER_CACHE);
    // The pool would retry for seconds and hide the cause.
    let mut first = options.connect().await?;
    durable(&mut first)
        .await
        .map_err(StoreError::Url)?;
    first.close().await?;
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(BUSY)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let writing = pool()
        .max_connections(1)
        .after_connect(|conn, _| {
            Box::pin(async move {
                durable(conn)
                    .await
                    .map_err(|why| sqlx::Error::Configuration(why.into()))
            })
        });
    let writer = writing.connect_with(options.clone()).await?;
    // One connection always stays open: closing the last one deletes the write-ahead log.
    let reading = pool().max_connections(6).min_connections(1);
    let reader = reading
        .connect_with(
            options
                .read_only(true)
                .pragma("query_only", "on")
                .pragma("cache_size", READER_CACHE),
        )
        .await?;
    file.opened()?;
    // A connection to a file has nothing to test.
    let gate = |pool| Gate::new(pool, Arc::new(|_| false));
    Ok((gate(writer), gate(reader)))
}

/// Opens connections that only read. `is_copy` says that no process writes the file, so that no
/// write-ahead log is looked for or created.
pub(super) async fn open_to_read(file: &DbFile, is_copy: bool) -> Result<Gate<Sqlite>, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(file.path())
        .read_only(true)
        .immutable(is_copy)
        .busy_timeout(BUSY)
        .pragma("temp_store", "memory")
        .pragma("cache_size", WRITER_CACHE);
    // The pool would retry for seconds and hide the cause.
    let mut first = options.connect().await?;
    let read = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut first)
        .await;
    read?;
    first.close().await?;
    let pool = SqlitePoolOptions::new()
        .max_connections(2)
        .acquire_timeout(BUSY)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?;
    Ok(Gate::new(pool, Arc::new(|_| false)))
}

/// Checks that a commit is acknowledged only after it reached the disk.
async fn durable(conn: &mut SqliteConnection) -> Result<(), String> {
    let unreadable =
        |error: sqlx::Error| format!("the settings of the database cannot be read: {error}");
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut *conn)
        .await
        .map_err(unreadable)?;
    if synchronous < 2 {
        return Err(
            "the database must run with synchronous=FULL or EXTRA, or it would lose what it acknowledged".into()
        );
    }
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *conn)
        .await
        .map_err(unreadable)?;
    if mode != "wal" {
        return Err(format!(
            "the database must keep a write-ahead log, and the file system allows only {mode}"
        ));
    }
    // The write-ahead log exists from the first read on.
    let read = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM sqlite_schema")
        .fetch_one(conn)
        .await;
    read.map(drop).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_durable_connection_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("rt.db"))
            .create_if_missing(true);
        let wal = options
            .clone()
            .journal_mode(SqliteJournalMode::Wal);
        for (options, good) in [
            (wal.clone().synchronous(SqliteSynchronous::Full), true),
            (
                wal.clone().synchronous(SqliteSynchronous::Extra),
                true,
            ),
            (
                wal.clone().synchronous(SqliteSynchronous::Normal),
                false,
            ),
            (wal.synchronous(SqliteSynchronous::Off), false),
            (
                options
                    .journal_mode(SqliteJournalMode::Delete)
                    .synchronous(SqliteSynchronous::Full),
                false,
            ),
        ] {
            let mut conn = options.connect().await.expect("a connection");
            assert_eq!(durable(&mut conn).await.is_ok(), good);
            conn.close().await.expect("closed");
        }
    }
}
