//! A connection to either database.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Postgres, Sqlite};

use super::StoreError;
use super::breaker::Breaker;
use super::file::DbFile;
use super::lease::Lease;
use super::writing::Writing;

/// A connection for reading, or inside a [`Tx`] for writing.
pub struct Connection {
    lease: AnyLease,
    health: HealthCheck,
    /// Records the outcome of writes; none for a connection that only reads.
    writing: Option<Arc<Writing>>,
}

enum AnyLease {
    Sqlite(Lease<Sqlite>),
    Postgres(Lease<Postgres>),
}

/// What guards a statement: the state of the file, or the circuit breaker of the server.
#[derive(Clone)]
pub(super) enum HealthCheck {
    File(Arc<DbFile>),
    Server(Arc<Breaker>),
}

pub(crate) enum Conn<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl HealthCheck {
    /// Waits for the database, unless the server is unreachable.
    pub(super) async fn run<T, E: Into<StoreError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError> {
        let work = async { work.await.map_err(Into::into) };
        #[cfg(debug_assertions)]
        let work = super::faults::around(work);
        match self {
            Self::File(_) => work.await,
            Self::Server(breaker) => breaker.run(work).await,
        }
    }

    /// Fails if the database file was moved, deleted or replaced.
    fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::File(file) => file.check(),
            Self::Server(_) => Ok(()),
        }
    }
}

impl Connection {
    pub(super) const fn sqlite(
        lease: Lease<Sqlite>,
        health: HealthCheck,
        writing: Option<Arc<Writing>>,
    ) -> Self {
        Self {
            lease: AnyLease::Sqlite(lease),
            health,
            writing,
        }
    }

    pub(super) const fn postgres(
        lease: Lease<Postgres>,
        health: HealthCheck,
        writing: Option<Arc<Writing>>,
    ) -> Self {
        Self {
            lease: AnyLease::Postgres(lease),
            health,
            writing,
        }
    }

    pub(crate) fn conn(&mut self) -> Conn<'_> {
        match &mut self.lease {
            AnyLease::Sqlite(lease) => Conn::Sqlite(lease.conn()),
            AnyLease::Postgres(lease) => Conn::Postgres(lease.conn()),
        }
    }

    pub(super) fn health(&self) -> HealthCheck {
        self.health.clone()
    }

    /// The SQL text for this database.
    pub(crate) const fn either(
        &self,
        sqlite: &'static str,
        postgres: &'static str,
    ) -> &'static str {
        match self.lease {
            AnyLease::Sqlite(_) => sqlite,
            AnyLease::Postgres(_) => postgres,
        }
    }

    /// Whether the database is Postgres, for queries that are assembled.
    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.lease, AnyLease::Postgres(_))
    }

    /// Whether rows can be locked one by one.
    pub(crate) const fn has_row_locks(&self) -> bool {
        self.is_postgres()
    }

    /// Records the outcome of a statement: a connection without a statement in progress can be used
    /// again, and a failed write concerns the readiness check.
    pub(crate) fn noted<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if done.is_ok() {
            match &mut self.lease {
                AnyLease::Sqlite(lease) => lease.completed(),
                AnyLease::Postgres(lease) => lease.completed(),
            }
        }
        if let (Some(writing), Err(error)) = (&self.writing, &done) {
            writing.failed(error);
            if let HealthCheck::File(file) = &self.health
                && error.is_full()
            {
                file.ballast.ran_out();
            }
        }
        done
    }

    pub(super) async fn begin(&mut self) -> Result<(), StoreError> {
        let health = self.health();
        health
            .check()
            .or_else(|error| self.noted(Err(error)))?;
        let begun = match &mut self.lease {
            AnyLease::Sqlite(lease) => health.run(lease.begin()).await,
            AnyLease::Postgres(lease) => health.run(lease.begin()).await,
        };
        self.noted(begun)
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        #[cfg(debug_assertions)]
        if let Some(plan) = super::faults::late_commit() {
            self.commit_late(plan);
            return self.noted(Err(super::faults::lost()));
        }
        let health = self.health();
        let done = match &mut self.lease {
            AnyLease::Sqlite(lease) => health.run(lease.commit()).await,
            AnyLease::Postgres(lease) => health.run(lease.commit()).await,
        };
        // If the file was moved or replaced meanwhile, the commit is lost with it.
        let done = done.and_then(|()| health.check());
        if let (Some(writing), Ok(())) = (&self.writing, &done) {
            writing.succeeded();
        }
        self.noted(done)
    }

    /// Commits in a task of its own when the plan says so: the server executes a commit whose
    /// confirmation was lost.
    #[cfg(debug_assertions)]
    fn commit_late(&mut self, plan: super::faults::Plan) {
        let mut lease = match &mut self.lease {
            AnyLease::Sqlite(lease) => AnyLease::Sqlite(lease.take()),
            AnyLease::Postgres(lease) => AnyLease::Postgres(lease.take()),
        };
        tokio::spawn(async move {
            plan.resumed().await;
            let done = match &mut lease {
                AnyLease::Sqlite(lease) => lease.commit().await,
                AnyLease::Postgres(lease) => lease.commit().await,
            };
            if done.is_ok() {
                plan.complete();
            }
        });
    }
}
