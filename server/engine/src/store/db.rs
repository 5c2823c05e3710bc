//! Opening the database and taking connections from it.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::{Link, StoreError, Tx};

/// An open database. Cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// One file, one writer connection, several readers.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Connections that cannot write.
        reader: SqlitePool,
    },
    /// A server, shared by any number of nodes.
    Postgres(PgPool),
}

impl Db {
    /// Opens `sqlite://PATH` (made if missing) or `postgres://…`, without touching the tables.
    ///
    /// # Errors
    /// When the address is of neither kind or the database does not answer within five seconds.
    pub async fn open(address: &str) -> Result<Self, StoreError> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            let options = sqlx::postgres::PgConnectOptions::from_str(address)?;
            let pool = PgPoolOptions::new().max_connections(10).acquire_timeout(Duration::from_secs(5));
            return Ok(Self::Postgres(pool.connect_with(options).await?));
        }
        let Some(path) = address.strip_prefix("sqlite://") else {
            return Err(StoreError::Address("the database address must begin with sqlite:// or postgres://".into()));
        };
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| StoreError::Address(format!("cannot make {}: {e}", folder.display())))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-16000");
        let writing = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(None)
            .max_lifetime(None);
        let writer = writing.connect_with(options.clone().create_if_missing(true)).await?;
        let reading = SqlitePoolOptions::new().max_connections(6).acquire_timeout(Duration::from_secs(5));
        let reader = reading.connect_with(options.read_only(true).pragma("query_only", "on")).await?;
        Ok(Self::Sqlite { writer, reader })
    }

    /// Whether other nodes may share this database.
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// When none is free in time.
    pub async fn read(&self) -> Result<Link, StoreError> {
        Ok(match self {
            Self::Sqlite { reader, .. } => Link::SqliteRead(reader.acquire().await?),
            Self::Postgres(pool) => Link::PostgresRead(pool.acquire().await?),
        })
    }

    /// A transaction to write with. On SQLite it takes the write lock at once.
    ///
    /// # Errors
    /// When none can be had in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let link = match self {
            Self::Sqlite { writer, .. } => Link::SqliteTx(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Link::PostgresTx(pool.begin().await?),
        };
        Ok(Tx::new(link))
    }

    /// Closes every connection, after what runs has ended.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
