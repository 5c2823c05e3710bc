//! Leased connections. A caller's future may be dropped at any moment (when a client disconnects),
//! and that never costs the pool a connection: opening one continues in a task of its own, a
//! statement in progress is awaited, and an open transaction is rolled back before the next caller
//! gets the connection.

use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool, Postgres, Sqlite};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::StoreError;

/// How long a caller waits for its turn.
const TURN: Duration = Duration::from_secs(5);

/// A pool behind a semaphore. A caller that is dropped while it waits leaves the queue without side
/// effects.
pub struct Gate<DB: Database> {
    pool: Pool<DB>,
    turns: Arc<Semaphore>,
}

/// A leased connection and its permit.
pub struct Lease<DB: Dialect> {
    loan: Option<(PoolConnection<DB>, OwnedSemaphorePermit)>,
    /// Whether a transaction may be open.
    in_transaction: bool,
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
        }
    }
}

impl<DB: Dialect> Gate<DB> {
    pub(super) fn new(pool: Pool<DB>) -> Self {
        let turns = pool.options().get_max_connections() as usize;
        Self {
            pool,
            turns: Arc::new(Semaphore::new(turns)),
        }
    }

    /// The pool itself, for migrations.
    pub const fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// How many connections are not leased, open or not.
    pub fn free(&self) -> usize {
        self.turns.available_permits()
    }

    /// A connection.
    pub(super) async fn lease(&self) -> Result<Lease<DB>, StoreError> {
        let turn = timeout(TURN, self.turns.clone().acquire_owned()).await;
        let turn = turn
            .map_err(|_| sqlx::Error::PoolTimedOut)?
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let pool = self.pool.clone();
        let opening = tokio::spawn(async move {
            let conn = pool.acquire().await?;
            Ok(Lease {
                loan: Some((conn, turn)),
                in_transaction: false,
            })
        });
        opening
            .await
            .unwrap_or(Err(StoreError::Sqlx(sqlx::Error::WorkerCrashed)))
    }
}

impl<DB: Dialect> Lease<DB> {
    #[expect(clippy::expect_used, reason = "only drop takes it")]
    pub(super) fn conn(&mut self) -> &mut DB::Connection {
        &mut self
            .loan
            .as_mut()
            .expect("a connection until it is dropped")
            .0
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
    // Returning it awaits the statement in progress.
    if timeout(DB::PATIENCE, conn.return_to_pool())
        .await
        .is_err()
    {
        tracing::warn!("a database connection is closed because it does not answer");
    }
    drop(turn);
}
