//! When keys were last used.

use domain::policy::Reach;
use domain::{KeyId, Moment};

use super::super::query_builder::QueryBuilder;
use super::super::{Connection, StoreError};
use super::USABLE;

/// The last use of a key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct UseRow {
    pub id: i64,
    pub last_used_at: i64,
    pub last_used_address: Option<String>,
    pub last_used_agent: Option<String>,
}

/// Usable keys within reach that were used after this moment, the last use first.
pub async fn used_since(
    connection: &mut Connection,
    reach: &Reach,
    since: Moment,
    limit: usize,
) -> Result<Vec<UseRow>, StoreError> {
    let mut query_builder = QueryBuilder::keys_of(reach);
    let since = query_builder.number(since.0);
    // The same expression as the index.
    query_builder.and(format!(
        "k.rank = {USABLE} AND COALESCE(k.last_used_at, 0) > {since}"
    ));
    let limit = query_builder.number(i64::try_from(limit).unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT k.id, k.last_used_at, k.last_used_address, k.last_used_agent FROM api_keys k WHERE {} \
         ORDER BY COALESCE(k.last_used_at, 0) DESC, k.id DESC LIMIT {limit}",
        query_builder.wheres()
    );
    query_builder.rows(connection, sql).await
}

/// The keys among `keys` that are within reach.
pub async fn among(
    connection: &mut Connection,
    reach: &Reach,
    keys: &[KeyId],
) -> Result<Vec<KeyId>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut query_builder = QueryBuilder::keys_of(reach);
    let ids: Vec<_> = keys
        .iter()
        .map(|key| query_builder.number(key.0))
        .collect();
    query_builder.and(format!("k.id IN ({})", ids.join(", ")));
    let sql = format!(
        "SELECT k.id FROM api_keys k WHERE {}",
        query_builder.wheres()
    );
    let rows: Vec<(i64,)> = query_builder.rows(connection, sql).await?;
    Ok(rows.into_iter().map(|(id,)| KeyId(id)).collect())
}
