//! An open database.

use std::path::Path;
use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions, Postgres, Sqlite};

use super::connection::HealthCheck;
use super::database_url::DatabaseUrl;
use super::file::{DbFile, PlacedFile};
use super::lease::{Gate, OpenConnections};
use super::writing::{Outcome, Writing};
use super::{Connection, StoreError, Tx, meta, postgres, sqlite};

/// An open database. Cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// One file, one writer connection, several readers.
    Sqlite {
        /// The only connection that writes.
        writer: Gate<Sqlite>,
        /// Connections that cannot write.
        reader: Gate<Sqlite>,
        /// The state of the file.
        state: State,
    },
    /// A server, shared by any number of nodes.
    Postgres {
        /// Its connections.
        pool: Gate<Postgres>,
        /// The state of the server.
        state: State,
    },
}

/// The state of a database besides its rows. Cheap to clone.
#[derive(Clone)]
pub struct State {
    health: HealthCheck,
    writing: Arc<Writing>,
    /// Serializes test writes.
    trial: Arc<tokio::sync::Mutex<()>>,
}

impl State {
    fn new(health: HealthCheck) -> Self {
        Self {
            health,
            writing: Arc::default(),
            trial: Arc::default(),
        }
    }
}

impl Db {
    /// Opens `sqlite://PATH` (created if missing) or `postgres://…`, without touching the tables.
    ///
    /// # Errors
    /// `Url` when the URL cannot be used, another error when the database does not answer.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_as(url, false, postgres::DEFAULT_CONNECTIONS).await
    }

    /// As [`Db::open`], for serving, with up to `connections` to a server. An SQLite file is served by one process at a time, because a
    /// second process could not cancel the requests in flight of the first.
    ///
    /// # Errors
    /// As [`Db::open`]; `Url` when another process serves it.
    pub async fn open_to_serve(url: &str, connections: u32) -> Result<Self, StoreError> {
        Self::open_as(url, true, connections).await
    }

    /// As [`Db::open`], but only for reading, next to a running server. Creates and changes nothing.
    ///
    /// # Errors
    /// As [`Db::open`]; `Url` when there is no such file.
    pub async fn open_to_read(url: &str) -> Result<Self, StoreError> {
        match DatabaseUrl::parse(url)? {
            DatabaseUrl::Postgres(options) => {
                let options = options.options([("default_transaction_read_only", "on")]);
                let (pool, breaker) =
                    postgres::open(options, postgres::DEFAULT_CONNECTIONS).await?;
                Ok(Self::Postgres {
                    pool,
                    state: State::new(HealthCheck::Server(breaker)),
                })
            }
            DatabaseUrl::Sqlite { path, .. } => Self::open_file_to_read(&path, false).await,
        }
    }

    /// Opens a copy of an SQLite database that no process writes, only for reading. Changes neither
    /// the file nor its folder.
    ///
    /// # Errors
    /// `Url` when there is no such file, another error when it is not a database.
    pub async fn open_copy(path: &Path) -> Result<Self, StoreError> {
        Self::open_file_to_read(path, true).await
    }

    async fn open_file_to_read(path: &Path, is_copy: bool) -> Result<Self, StoreError> {
        let file = DbFile::prepare(path, false, false)?;
        let reader = sqlite::open_to_read(&file, is_copy).await?;
        Ok(Self::Sqlite {
            writer: reader.clone(),
            reader,
            state: State::new(HealthCheck::File(file.into())),
        })
    }

    /// Opens the file of a backup that was put in the place of the database, with the lock that it
    /// has already.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open_placed(placed: PlacedFile) -> Result<Self, StoreError> {
        let file = DbFile::placed(placed)?;
        let (writer, reader) = sqlite::open(&file).await?;
        Ok(Self::Sqlite {
            writer,
            reader,
            state: State::new(HealthCheck::File(file.into())),
        })
    }

    async fn open_as(url: &str, alone: bool, connections: u32) -> Result<Self, StoreError> {
        match DatabaseUrl::parse(url)? {
            DatabaseUrl::Postgres(options) => {
                let (pool, breaker) = postgres::open(*options, connections).await?;
                Ok(Self::Postgres {
                    pool,
                    state: State::new(HealthCheck::Server(breaker)),
                })
            }
            DatabaseUrl::Sqlite { path, create } => {
                let file = DbFile::prepare(&path, create, alone)?;
                let (writer, reader) = sqlite::open(&file).await?;
                Ok(Self::Sqlite {
                    writer,
                    reader,
                    state: State::new(HealthCheck::File(file.into())),
                })
            }
        }
    }

    /// Whether other nodes may share this database.
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// The file of an SQLite database; none on Postgres.
    pub fn file(&self) -> Option<&Path> {
        match &self.state().health {
            HealthCheck::File(file) => Some(file.path()),
            HealthCheck::Server(_) => None,
        }
    }

    /// The connections of the pools.
    pub(crate) fn open_connections(&self) -> OpenConnections {
        match self {
            Self::Sqlite { writer, reader, .. } => writer
                .open_connections()
                .plus(reader.open_connections()),
            Self::Postgres { pool, .. } => pool.open_connections(),
        }
    }

    /// The size of the write-ahead log in bytes; none on Postgres, or without one.
    pub(crate) fn wal_bytes(&self) -> Option<u64> {
        match &self.state().health {
            HealthCheck::File(file) => file.wal_bytes(),
            HealthCheck::Server(_) => None,
        }
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When none is free in time.
    pub async fn read(&self) -> Result<Connection, StoreError> {
        let (health, writing) = (self.state().health.clone(), None);
        Ok(match self {
            Self::Sqlite { reader, .. } => {
                Connection::sqlite(health.run(reader.lease()).await?, health, writing)
            }
            Self::Postgres { pool, .. } => {
                Connection::postgres(health.run(pool.lease()).await?, health, writing)
            }
        })
    }

    /// A connection of this name outside of the pool.
    ///
    /// # Errors
    /// When the server cannot be reached; `Url` on SQLite, whose connections are all in pools.
    pub(crate) async fn connect_apart(&self, name: &str) -> Result<PgConnection, StoreError> {
        Ok(self.named(name)?.connect().await?)
    }

    /// A connection of this name outside of the pool that receives the notifications of a channel.
    ///
    /// # Errors
    /// As [`Db::connect_apart`].
    pub(crate) async fn listener(
        &self,
        name: &str,
        channel: &str,
    ) -> Result<PgListener, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(self.named(name)?)
            .await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen(channel).await?;
        Ok(listener)
    }

    fn named(&self, name: &str) -> Result<PgConnectOptions, StoreError> {
        match &self.state().health {
            HealthCheck::Server(breaker) => Ok(breaker.options().clone().application_name(name)),
            HealthCheck::File(_) => Err(StoreError::Url("not a database server".into())),
        }
    }

    /// A transaction for writing. On SQLite it takes the write lock immediately.
    ///
    /// # Errors
    /// When none is available in time; `Reserved` while the disk is full.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        if !self.is_open_to_all().await {
            return Err(StoreError::Reserved);
        }
        self.begin_on_reserve().await
    }

    /// As [`Db::begin`], for operations that take access away or need no new space. Allowed while
    /// the disk is full.
    ///
    /// # Errors
    /// When none is available in time.
    pub async fn begin_on_reserve(&self) -> Result<Tx, StoreError> {
        let (health, writing) = (
            self.state().health.clone(),
            Some(self.state().writing.clone()),
        );
        let mut connection = match self {
            Self::Sqlite { writer, .. } => {
                Connection::sqlite(health.run(writer.lease()).await?, health, writing)
            }
            Self::Postgres { pool, .. } => {
                Connection::postgres(health.run(pool.lease()).await?, health, writing)
            }
        };
        connection.begin().await?;
        Ok(Tx::new(connection))
    }

    /// Reserves disk space for operations that take access away. Does nothing on Postgres. Without
    /// space to reserve, other writes are refused.
    pub async fn hold_reserve(&self, bytes: u64) {
        if let HealthCheck::File(file) = self.state().health.clone() {
            let held = tokio::task::spawn_blocking(move || file.ballast.hold(bytes)).await;
            if !held.unwrap_or_default() {
                tracing::error!(
                    "there is no disk space to reserve: only revocations are possible until there is"
                );
            }
        }
    }

    /// Frees space on a full disk: releases the reserve, and moves the write-ahead log into the
    /// database.
    pub(crate) async fn free_space(&self) {
        let Self::Sqlite {
            writer,
            state:
                State {
                    health: HealthCheck::File(file),
                    ..
                },
            ..
        } = self
        else {
            return;
        };
        let file = file.clone();
        let _ = tokio::task::spawn_blocking(move || file.ballast.spend()).await;
        if let Ok(mut lease) = writer.lease().await {
            let emptied = sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(lease.conn())
                .await;
            if let Err(error) = emptied {
                tracing::warn!(%error, "the write-ahead log could not be emptied");
            }
        }
    }

    /// Checks that the database is writable. Writes at most once every few seconds.
    ///
    /// # Errors
    /// When it cannot.
    pub(crate) async fn check_writing(&self) -> Result<(), StoreError> {
        if let HealthCheck::File(file) = &self.state().health {
            file.check()?;
        }
        let _turn = self.state().trial.lock().await;
        match self.state().writing.known() {
            Some(Outcome::Good) if self.is_open_to_all().await => return Ok(()),
            Some(_) => {
                return Err(StoreError::File(
                    "the last write to the database failed".into(),
                ));
            }
            None => {}
        }
        let tried = self.try_writing().await;
        if let Err(error) = &tried {
            self.state().writing.failed(error);
        }
        tried
    }

    async fn try_writing(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        meta::count_trial(&mut tx).await?;
        tx.commit().await
    }

    async fn is_open_to_all(&self) -> bool {
        let HealthCheck::File(file) = self.state().health.clone() else {
            return true;
        };
        if file.ballast.is_untouched() {
            return true;
        }
        tokio::task::spawn_blocking(move || file.ballast.is_open())
            .await
            .unwrap_or_default()
    }

    const fn state(&self) -> &State {
        match self {
            Self::Sqlite { state, .. } | Self::Postgres { state, .. } => state,
        }
    }

    /// Closes every connection, after the statements in progress.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader, .. } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}
