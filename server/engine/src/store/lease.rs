//! Leased connections. A caller's future may be dropped at any moment (when a client disconnects),
//! and that never costs the pool a connection: opening one continues in a task of its own, a
//! statement in progress is awaited, and an open transaction is rolled back before the next caller
//! gets the connection.
//!
//! A connection whose last statement has completed is kept ready for the next caller. The pool would
//! test it twice, in a task of its own, which takes longer than a read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool, Postgres, Sqlite};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::StoreError;

/// How long a caller waits for its turn.
const TURN: Duration = Duration::from_secs(5);
/// After this long a connection goes back to the pool, which limits how old a connection gets.
const KEPT: Duration = Duration::from_secs(60);

/// A pool behind a semaphore. A caller that is dropped while it waits leaves the queue without side
/// effects.
pub struct Gate<DB: Database> {
    pool: Pool<DB>,
    turns: Arc<Semaphore>,
    ready: Ready<DB>,
    /// Whether a connection that was idle for this long has to be tested.
    may_be_stale: MayBeStale,
}

/// Whether a connection that was idle for this long has to be tested.
pub(super) type MayBeStale = Arc<dyn Fn(Duration) -> bool + Send + Sync>;

/// The connections that are ready, the last used one at the end.
type Ready<DB> = Arc<Mutex<Vec<ReadyConnection<DB>>>>;

struct ReadyConnection<DB: Database> {
    conn: PoolConnection<DB>,
    /// When the pool gave it.
    taken_at: Instant,
    idle_since: Instant,
}

/// The connections of a node to its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenConnections {
    /// Connections that nothing uses.
    pub idle: usize,
    /// Connections in use.
    pub in_use: usize,
}

impl OpenConnections {
    /// All connections of the two.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            idle: self.idle + other.idle,
            in_use: self.in_use + other.in_use,
        }
    }
}

/// A leased connection and its permit.
pub struct Lease<DB: Dialect> {
    loan: Option<(PoolConnection<DB>, OwnedSemaphorePermit)>,
    taken_at: Instant,
    ready: Ready<DB>,
    /// Whether a transaction may be open.
    in_transaction: bool,
    /// Whether a statement may be in progress, or has failed.
    in_statement: bool,
}

/// What differs between the databases when a connection is returned.
pub trait Dialect: Database {
    /// How a transaction for writing begins.
    const BEGIN: &'static str;
    /// How long returning a connection may take before it is closed.
    const PATIENCE: Duration;

    /// Runs a statement without parameters.
    fn run(
        conn: &mut Self::Connection,
        statement: &'static str,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Whether the failure of a rollback says that there was nothing to roll back.
    fn is_idle(error: &sqlx::Error) -> bool;
}

impl Dialect for Sqlite {
    const BEGIN: &'static str = "BEGIN IMMEDIATE";
    // There is one writer: replacing it would only wait for the same statement.
    const PATIENCE: Duration = Duration::from_secs(60);

    async fn run(conn: &mut Self::Connection, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(statement)
            .execute(conn)
            .await
            .map(drop)
    }

    /// SQLite rolls back a transaction itself after some errors, such as a full disk.
    fn is_idle(error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(|error| {
            error
                .message()
                .contains("no transaction is active")
        })
    }
}

impl Dialect for Postgres {
    const BEGIN: &'static str = "BEGIN";
    const PATIENCE: Duration = Duration::from_secs(5);

    async fn run(conn: &mut Self::Connection, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(statement)
            .execute(conn)
            .await
            .map(drop)
    }

    /// In Postgres a rollback without a transaction is only a warning.
    fn is_idle(_: &sqlx::Error) -> bool {
        false
    }
}

impl<DB: Database> Clone for Gate<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            turns: self.turns.clone(),
            ready: self.ready.clone(),
            may_be_stale: self.may_be_stale.clone(),
        }
    }
}

impl<DB: Dialect> Gate<DB> {
    pub(super) fn new(pool: Pool<DB>, may_be_stale: MayBeStale) -> Self {
        let turns = pool.options().get_max_connections() as usize;
        Self {
            pool,
            turns: Arc::new(Semaphore::new(turns)),
            ready: Arc::default(),
            may_be_stale,
        }
    }

    /// The pool itself, for migrations. The connections that are ready go back to it.
    pub fn pool(&self) -> &Pool<DB> {
        lock(&self.ready).clear();
        &self.pool
    }

    /// How many connections are not leased, open or not.
    pub fn free(&self) -> usize {
        self.turns.available_permits()
    }

    /// The connections that are open. One that is being opened is in use.
    pub(super) fn open_connections(&self) -> OpenConnections {
        let most = self.pool.options().get_max_connections() as usize;
        let in_use = most.saturating_sub(self.free());
        let open = self.pool.size() as usize;
        OpenConnections {
            idle: open.saturating_sub(in_use),
            in_use,
        }
    }

    /// A connection.
    pub(super) async fn lease(&self) -> Result<Lease<DB>, StoreError> {
        let turn = self.turn().await?;
        let ready = lock(&self.ready).pop();
        let Some(kept) = ready else {
            return self.open(turn, None).await;
        };
        if (self.may_be_stale)(kept.idle_since.elapsed()) {
            return self.open(turn, Some(kept.conn)).await;
        }
        Ok(self.leased(kept.conn, turn, kept.taken_at))
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        if let Ok(turn) = self.turns.clone().try_acquire_owned() {
            return Ok(turn);
        }
        let turn = timeout(TURN, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?;
        Ok(turn.map_err(|_| sqlx::Error::PoolClosed)?)
    }

    /// A connection of the pool, which tests it, instead of a stale one.
    async fn open(
        &self,
        turn: OwnedSemaphorePermit,
        stale: Option<PoolConnection<DB>>,
    ) -> Result<Lease<DB>, StoreError> {
        let gate = self.clone();
        let opening = tokio::spawn(async move {
            if let Some(stale) = stale {
                return_to_pool(stale).await;
            }
            let conn = gate.pool.acquire().await?;
            Ok(gate.leased(conn, turn, Instant::now()))
        });
        opening
            .await
            .unwrap_or(Err(StoreError::Sqlx(sqlx::Error::WorkerCrashed)))
    }

    fn leased(
        &self,
        conn: PoolConnection<DB>,
        turn: OwnedSemaphorePermit,
        taken_at: Instant,
    ) -> Lease<DB> {
        Lease {
            loan: Some((conn, turn)),
            taken_at,
            ready: self.ready.clone(),
            in_transaction: false,
            in_statement: false,
        }
    }

    /// Closes every connection, after the statements in progress.
    pub(super) async fn close(&self) {
        self.turns.close();
        lock(&self.ready).clear();
        self.pool.close().await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl<DB: Dialect> Lease<DB> {
    #[expect(clippy::expect_used, reason = "only drop takes it")]
    pub(super) fn conn(&mut self) -> &mut DB::Connection {
        self.in_statement = true;
        &mut self
            .loan
            .as_mut()
            .expect("a connection until it is dropped")
            .0
    }

    /// The connection, which this lease no longer has.
    #[cfg(debug_assertions)]
    pub(super) fn take(&mut self) -> Self {
        Self {
            loan: self.loan.take(),
            taken_at: self.taken_at,
            ready: self.ready.clone(),
            in_transaction: self.in_transaction,
            in_statement: self.in_statement,
        }
    }

    /// Notes that the last statement has succeeded.
    pub(super) const fn completed(&mut self) {
        self.in_statement = false;
    }

    pub(super) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.in_transaction = true;
        DB::run(self.conn(), DB::BEGIN).await
    }

    pub(super) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        DB::run(self.conn(), "COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }
}

impl<DB: Dialect> Drop for Lease<DB> {
    fn drop(&mut self) {
        let Some((conn, turn)) = self.loan.take() else {
            return;
        };
        let is_clean = !self.in_transaction && !self.in_statement;
        let is_young = self.taken_at.elapsed() < KEPT;
        let mut ready = lock(&self.ready);
        if is_clean && is_young && !turn.semaphore().is_closed() {
            ready.push(ReadyConnection {
                conn,
                taken_at: self.taken_at,
                idle_since: Instant::now(),
            });
            // The next caller finds the connection.
            drop(ready);
            drop(turn);
            return;
        }
        drop(ready);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(give_back(conn, self.in_transaction, turn));
        }
    }
}

/// Returns a clean connection to the pool, or closes it; then releases the permit.
async fn give_back<DB: Dialect>(
    mut conn: PoolConnection<DB>,
    in_transaction: bool,
    turn: OwnedSemaphorePermit,
) {
    if in_transaction {
        let rolled_back = timeout(DB::PATIENCE, DB::run(&mut *conn, "ROLLBACK")).await;
        if !rolled_back.is_ok_and(|done| done.as_ref().err().is_none_or(DB::is_idle)) {
            tracing::warn!(
                "a database connection is closed because its transaction could not be rolled back"
            );
            conn.close_on_drop();
            drop(conn);
            drop(turn);
            return;
        }
    }
    return_to_pool(conn).await;
    drop(turn);
}

/// Returning a connection awaits the statement in progress.
async fn return_to_pool<DB: Dialect>(mut conn: PoolConnection<DB>) {
    if timeout(DB::PATIENCE, conn.return_to_pool())
        .await
        .is_err()
    {
        tracing::warn!("a database connection is closed because it does not answer");
    }
}
