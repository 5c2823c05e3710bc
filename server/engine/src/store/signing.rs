//! Keys that sign ID tokens. The private halves and the rows are sealed.

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
    /// When another key replaced it. It is kept until the tokens it signed have expired.
    pub retired_at: Option<i64>,
    pub row_mac: Vec<u8>,
}

impl SigningRow {
    /// The row with the seal over its public fields.
    #[must_use]
    pub fn with_mac(self, ring: &Ring) -> Self {
        Self {
            row_mac: ring.mac(Purpose::Row, &self.canonical()),
            ..self
        }
    }

    /// Whether the row's seal is valid.
    pub fn is_sound(&self, ring: &Ring) -> bool {
        ring.mac_fits(Purpose::Row, &self.canonical(), &self.row_mac)
    }

    /// The associated data of the sealed private half.
    pub fn associated_data(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("signing_key")
            .text(&self.id)
            .bytes(&self.public)
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
        concat!(
            "SELECT id, public, sealed, created_at, retired_at, row_mac FROM signing_keys ",
            $rest
        )
    };
}

/// Adds the active key. False when there is one already.
pub async fn insert(tx: &mut Tx, row: &SigningRow) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO signing_keys (id, public, sealed, created_at, retired_at, row_mac) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let added = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(&row.public).bind(&row.sealed).bind(row.created_at).bind(row.retired_at).bind(&row.row_mac)
        .execute(conn))?;
    Ok(added == 1)
}

/// Retires a key. False when it was retired before.
pub async fn supersede(tx: &mut Tx, row: &SigningRow) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE signing_keys SET retired_at = $2, row_mac = $3 WHERE id = $1 AND retired_at IS NULL";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(row.retired_at).bind(&row.row_mac).execute(conn))?;
    Ok(changed == 1)
}

/// The active key.
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

/// Deletes keys that were retired before this moment.
pub async fn delete_retired_before(tx: &mut Tx, retired_before: Moment) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM signing_keys WHERE retired_at <= $1";
    execute!(tx, conn => sqlx::query(SQL).bind(retired_before.0).execute(conn))?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    execute!(tx, conn => sqlx::query("DELETE FROM signing_keys WHERE id = $1").bind(id).execute(conn))?;
    Ok(())
}

/// Deletes every key. Gives their number.
pub async fn delete_all(tx: &mut Tx) -> Result<u64, StoreError> {
    execute!(tx, conn => sqlx::query("DELETE FROM signing_keys").execute(conn))
}

/// Writes the sealed half and the seal of a key, unless its row was changed since it was read as
/// `before`. Says whether they were written.
pub async fn reseal(
    tx: &mut Tx,
    row: &SigningRow,
    before: &SigningRow,
) -> Result<bool, StoreError> {
    const SQL: &str =
        "UPDATE signing_keys SET sealed = $3, row_mac = $4 WHERE id = $1 AND row_mac = $2";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(&before.row_mac).bind(&row.sealed).bind(&row.row_mac).execute(conn))?;
    Ok(changed == 1)
}
