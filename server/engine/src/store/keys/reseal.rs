//! Moving keys to other keys of the ring.

use domain::OrganizationId;

use super::super::{Connection, StoreError, Tx, execute, fetch};
use super::{KeyRow, columns};
use crate::keyring::ActiveKeys;

/// Keys of an organization that were sealed or are found with other ring keys than these, from
/// `after` (exclusive) on.
pub async fn of_other_ring_keys(
    connection: &mut Connection,
    organization: &OrganizationId,
    after: i64,
    ring: &ActiveKeys,
    limit: i64,
) -> Result<Vec<KeyRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM api_keys k WHERE k.organization_id = $1 AND k.id > $2 \
         AND (k.lookup_key_id <> $3 OR substr(k.sealed, 2, 8) <> $4 OR substr(k.row_mac, 1, 8) <> $5) \
         ORDER BY k.id LIMIT $6"
    );
    fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(after).bind(ring.lookup).bind(&ring.data).bind(&ring.row).bind(limit)
        .fetch_all(conn))
}

/// Writes the digest, the sealed verifier and the seal of a key, unless its row was changed since it
/// was read as `before`. Says whether they were written. This changes nothing that the key may do.
pub async fn reseal(tx: &mut Tx, row: &KeyRow, before: &KeyRow) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE api_keys SET lookup_key_id = $4, lookup = $5, sealed = $6, row_mac = $7 \
         WHERE organization_id = $1 AND id = $2 AND row_mac = $3 AND audit_n = $8";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(row.id).bind(&before.row_mac).bind(row.lookup_key_id).bind(&row.lookup)
        .bind(&row.sealed).bind(&row.row_mac).bind(before.audit_n).execute(conn))?;
    Ok(changed == 1)
}
