//! Numbers and times of an actor's sealed items.

use domain::{ActorId, Moment, OrganizationId};

use crate::store::{Connection, StoreError, fetch};

/// The items of one kind.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct KindCountRow {
    pub kind: String,
    pub count: i64,
    pub unreadable: i64,
    pub newest: i64,
}

/// The items of one kind that one key opens.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct KeyCountRow {
    pub key_id: i64,
    pub name: String,
    pub key_prefix: String,
    pub kind: String,
    pub count: i64,
}

/// `line` has, for each active key of the actor `$2` of the organization `$1` at `$3`, the key
/// itself and every key it inherited. `UNION` stops at a cycle.
macro_rules! of_active_keys {
    ($rest:literal) => {
        concat!(
            "WITH RECURSIVE line (opener, id) AS (SELECT id, id FROM api_keys WHERE organization_id = $1 AND actor_id = $2 \
             AND revoked_at IS NULL AND expired_at IS NULL AND (expires_at IS NULL OR expires_at > $3) UNION \
             SELECT line.opener, k.id FROM heirs h JOIN line ON h.key_id = line.id \
             JOIN api_keys k ON k.organization_id = $1 AND k.id = h.from_key_id) ",
            $rest
        )
    };
}

/// The actor's items by kind.
pub async fn counts_by_kind(
    connection: &mut Connection,
    organization: &OrganizationId,
    owner: ActorId,
    now: Moment,
) -> Result<Vec<KindCountRow>, StoreError> {
    const SQL: &str = of_active_keys!(
        "SELECT kind, COUNT(*) AS count, MAX(created_at) AS newest, \
         SUM(CASE WHEN key_id IN (SELECT id FROM line) THEN 0 ELSE 1 END) AS unreadable \
         FROM items WHERE organization_id = $1 AND actor_id = $2 GROUP BY kind"
    );
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(owner.0).bind(now.0).fetch_all(conn))?)
}

/// The actor's items by the active key that opens them and by kind, the newest key first.
pub async fn counts_by_key(
    connection: &mut Connection,
    organization: &OrganizationId,
    owner: ActorId,
    now: Moment,
) -> Result<Vec<KeyCountRow>, StoreError> {
    const SQL: &str = of_active_keys!(
        "SELECT o.id AS key_id, o.name, o.key_prefix, i.kind, COUNT(*) AS count \
         FROM line JOIN items i ON i.key_id = line.id \
         JOIN api_keys o ON o.organization_id = i.organization_id AND o.id = line.opener \
         WHERE i.organization_id = $1 AND i.actor_id = $2 \
         GROUP BY o.id, o.name, o.key_prefix, i.kind ORDER BY o.id DESC"
    );
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(owner.0).bind(now.0).fetch_all(conn))?)
}
