//! Rows and queries. One SQL text per query, for SQLite and Postgres alike; where the two must differ, both texts
//! stand next to each other.
//!
//! Reads take a [`Link`], writes a [`Tx`]. Every query of an organization's data names the organization.

pub mod actors;
mod ask;
pub mod audit;
pub mod heal;
pub mod invitations;
pub mod keys;
pub mod meta;
pub mod once;
pub mod organizations;
pub mod people;
pub mod runs;
pub mod sealed;
pub mod sessions;
pub mod signing;
pub mod usage;
pub mod workspaces;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use domain::OrganizationId;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Postgres, Sqlite, Transaction};

use crate::live::Live;

/// A database failure, never to be read as "not found".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database, or the way to it.
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    /// A migration.
    #[error(transparent)]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The address of the database cannot be used.
    #[error("{0}")]
    Address(String),
    /// A row holds what it never should.
    #[error("row: {0}")]
    Row(String),
}

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

/// A connection to read with, or a transaction to write with.
pub enum Link {
    /// Reading from SQLite.
    SqliteRead(PoolConnection<Sqlite>),
    /// Writing to SQLite.
    SqliteTx(Transaction<'static, Sqlite>),
    /// Reading from Postgres.
    PostgresRead(PoolConnection<Postgres>),
    /// Writing to Postgres.
    PostgresTx(Transaction<'static, Postgres>),
}

/// A transaction. Dropped without [`Tx::commit`], it never was.
pub struct Tx {
    link: Link,
    /// Who is told to look once it is durable.
    told: Vec<(Live, OrganizationId)>,
}

pub(crate) enum Conn<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

/// Runs one query, written once, on whichever database the link leads to.
macro_rules! on {
    ($link:expr, $conn:ident => $query:expr) => {
        match $link.conn() {
            $crate::store::Conn::Sqlite($conn) => $query.await,
            $crate::store::Conn::Postgres($conn) => $query.await,
        }
    };
}
pub(crate) use on;

/// As [`on!`], for a statement that answers nothing: gives the number of rows it changed.
macro_rules! run {
    ($link:expr, $conn:ident => $query:expr) => {
        match $link.conn() {
            $crate::store::Conn::Sqlite($conn) => $query.await.map(|done| done.rows_affected()),
            $crate::store::Conn::Postgres($conn) => $query.await.map(|done| done.rows_affected()),
        }
    };
}
pub(crate) use run;

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
        Ok(Tx { link, told: Vec::new() })
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

impl Link {
    pub(crate) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::SqliteRead(conn) => Conn::Sqlite(conn),
            Self::SqliteTx(tx) => Conn::Sqlite(tx),
            Self::PostgresRead(conn) => Conn::Postgres(conn),
            Self::PostgresTx(tx) => Conn::Postgres(tx),
        }
    }
}

impl Tx {
    /// Has those who watch an organization look once this is durable.
    pub(crate) fn tell(&mut self, live: &Live, organization: &OrganizationId) {
        if self.told.iter().all(|(_, known)| known != organization) {
            self.told.push((live.clone(), organization.clone()));
        }
    }

    /// Makes it durable, and then tells those who watch.
    ///
    /// # Errors
    /// When the database does not confirm it.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.link {
            Link::SqliteTx(tx) => tx.commit().await?,
            Link::PostgresTx(tx) => tx.commit().await?,
            Link::SqliteRead(_) | Link::PostgresRead(_) => {}
        }
        self.told.iter().for_each(|(live, organization)| live.stir(organization));
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Link;

    fn deref(&self) -> &Link {
        &self.link
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Link {
        &mut self.link
    }
}

/// Brings the tables up to date; resumes where it stopped, and refuses tables newer than this program.
///
/// # Errors
/// When a migration fails.
pub async fn migrate(db: &Db) -> Result<(), StoreError> {
    match db {
        Db::Sqlite { writer, .. } => sqlx::migrate!("migrations/sqlite").run(writer).await?,
        Db::Postgres(pool) => sqlx::migrate!("migrations/postgres").run(pool).await?,
    }
    Ok(())
}

/// Reads a word of a closed set back from a row.
pub(crate) fn word<T: FromStr>(text: &str, column: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Row(format!("{column} holds an unknown word")))
}
