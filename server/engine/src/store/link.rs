//! A connection in use: to read with, or a transaction to write with.

use std::ops::{Deref, DerefMut};

use domain::OrganizationId;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Postgres, Sqlite, Transaction};

use super::StoreError;
use crate::live::Live;

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
    /// A transaction that has begun on a link.
    pub(super) const fn new(link: Link) -> Self {
        Self { link, told: Vec::new() }
    }

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
