//! Requests that may be repeated without being done twice.

use domain::{ActorId, KeyId, Moment, OrganizationId};

use super::{Connection, StoreError, Tx, on, run};

/// What a request of this digest came to before: the digest of its content, and the key it made.
pub async fn find(
    connection: &mut Connection,
    organization: &OrganizationId,
    actor: ActorId,
    digest: &[u8],
) -> Result<Option<(Vec<u8>, i64)>, StoreError> {
    const SQL: &str = "SELECT request, key_id FROM once WHERE organization_id = $1 AND actor_id = $2 AND digest = $3";
    Ok(on!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(actor.0).bind(digest).fetch_optional(conn))?)
}

pub async fn insert(
    tx: &mut Tx,
    (organization, actor): (&OrganizationId, ActorId),
    (digest, request): (&[u8], &[u8]),
    key: KeyId,
    at: Moment,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO once (organization_id, actor_id, digest, request, key_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    run!(tx, conn => sqlx::query(SQL)
        .bind(organization.as_str()).bind(actor.0).bind(digest).bind(request).bind(key.0).bind(at.0).execute(conn))?;
    Ok(())
}

/// Forgets what is older.
pub async fn forget(tx: &mut Tx, before: Moment) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM once WHERE created_at < $1";
    run!(tx, conn => sqlx::query(SQL).bind(before.0).execute(conn))?;
    Ok(())
}
