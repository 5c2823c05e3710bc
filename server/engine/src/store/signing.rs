//! Keys that sign tokens for people: the private halves sealed, the rows too.

use domain::Moment;

use super::{Connection, StoreError, Tx, execute, fetch};
use crate::keyring::{CanonicalEncoder, Purpose, Ring};

/// One signing key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SigningRow {
    pub id: String,
    pub public: Vec<u8>,
    pub sealed: Vec<u8>,
    pub created_at: i64,
    /// When another took its place. It signs no more, and is kept until what it signed has run out.
    pub retired_at: Option<i64>,
    pub row_mac: Vec<u8>,
}

impl SigningRow {
    /// The row with the seal over its public fields.
    #[must_use]
    pub fn with_mac(self, ring: &Ring) -> Self {
        Self { row_mac: ring.mac(Purpose::Row, &self.canonical()), ..self }
    }

    /// Whether the row bears its own seal.
    pub fn is_sound(&self, ring: &Ring) -> bool {
        ring.mac_fits(Purpose::Row, &self.canonical(), &self.row_mac)
    }

    /// Where its private half is sealed to.
    pub fn associated_data(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("signing_key").text(&self.id).bytes(&self.public)
    }

    fn canonical(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("signing_keys")
            .text(&self.id)
            .bytes(&self.public)
            .number(self.created_at)
            .maybe_number(self.retired_at)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, public, sealed, created_at, retired_at, row_mac FROM signing_keys ", $rest)
    };
}

/// Adds a key that signs from now on; false when there is one already.
pub async fn insert(tx: &mut Tx, row: &SigningRow) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO signing_keys (id, public, sealed, created_at, retired_at, row_mac) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let added = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(&row.public).bind(&row.sealed).bind(row.created_at).bind(row.retired_at).bind(&row.row_mac)
        .execute(conn))?;
    Ok(added == 1)
}

/// Lets a key sign no more; false when it did not any more.
pub async fn supersede(tx: &mut Tx, row: &SigningRow) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE signing_keys SET retired_at = $2, row_mac = $3 WHERE id = $1 AND retired_at IS NULL";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(row.retired_at).bind(&row.row_mac).execute(conn))?;
    Ok(changed == 1)
}

/// The key that signs now.
pub async fn active(connection: &mut Connection) -> Result<Option<SigningRow>, StoreError> {
    const SQL: &str = select!("WHERE retired_at IS NULL");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).fetch_optional(conn))?)
}

pub async fn find(connection: &mut Connection, id: &str) -> Result<Option<SigningRow>, StoreError> {
    const SQL: &str = select!("WHERE id = $1");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(id).fetch_optional(conn))?)
}

/// Every key, newest first.
pub async fn all(connection: &mut Connection) -> Result<Vec<SigningRow>, StoreError> {
    const SQL: &str = select!("ORDER BY created_at DESC, id");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).fetch_all(conn))?)
}

/// Forgets keys that were retired before this moment.
pub async fn forget(tx: &mut Tx, retired_before: Moment) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM signing_keys WHERE retired_at <= $1";
    execute!(tx, conn => sqlx::query(SQL).bind(retired_before.0).execute(conn))?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    execute!(tx, conn => sqlx::query("DELETE FROM signing_keys WHERE id = $1").bind(id).execute(conn))?;
    Ok(())
}
