//! The database together with the journal of this process.

use std::ops::Deref;

use super::{Db, StoreError, Tx};
use crate::journal::Journal;

/// A database whose transactions write the revocation journal.
pub struct Journaled {
    db: Db,
    journal: Journal,
}

impl Journaled {
    /// Connects the database with the journal.
    pub const fn new(db: Db, journal: Journal) -> Self {
        Self { db, journal }
    }

    /// The journal.
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// See [`Db::begin`].
    ///
    /// # Errors
    /// As there.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(self.db.begin().await?.journaled(&self.journal))
    }

    /// See [`Db::begin_on_reserve`].
    ///
    /// # Errors
    /// As there.
    pub async fn begin_on_reserve(&self) -> Result<Tx, StoreError> {
        Ok(self
            .db
            .begin_on_reserve()
            .await?
            .journaled(&self.journal))
    }
}

impl Deref for Journaled {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}
