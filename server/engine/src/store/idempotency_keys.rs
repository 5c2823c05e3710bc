//! Idempotency keys of requests, each with the key that the request created.

use domain::{ActorId, Moment, OrganizationId};

use super::{Connection, StoreError, Tx, execute, fetch};

/// A request that was executed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StoredRequest {
    /// Digest of the operation and its idempotency key.
    pub digest: Vec<u8>,
    /// Digest of the request's content.
    pub request: Vec<u8>,
    /// The API key that it created.
    pub key_id: i64,
}

/// The earlier request of this actor with this digest.
pub async fn find(
    connection: &mut Connection,
    organization: &OrganizationId,
    actor: ActorId,
    digest: &[u8],
) -> Result<Option<StoredRequest>, StoreError> {
    const SQL: &str = "SELECT digest, request, key_id FROM idempotency_keys \
         WHERE organization_id = $1 AND actor_id = $2 AND digest = $3";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(actor.0).bind(digest).fetch_optional(conn))?)
}

pub async fn insert(
    tx: &mut Tx,
    organization: &OrganizationId,
    actor: ActorId,
    row: &StoredRequest,
    at: Moment,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO idempotency_keys (organization_id, actor_id, digest, request, key_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(organization.as_str()).bind(actor.0).bind(&row.digest).bind(&row.request).bind(row.key_id).bind(at.0)
        .execute(conn))?;
    Ok(())
}

/// Deletes the requests before this moment.
pub async fn delete_older(tx: &mut Tx, before: Moment) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM idempotency_keys WHERE created_at < $1";
    execute!(tx, conn => sqlx::query(SQL).bind(before.0).execute(conn))?;
    Ok(())
}
