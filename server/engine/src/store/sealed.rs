//! Sealed items, the keys they are sealed to, and inherited keys. This module sees ciphertext only.

mod overview;

use domain::{ActorId, ItemId, KeyId, Moment, OrganizationId, SealedCounts, SealedKind};

use super::{Connection, StoreError, Tx, execute, fetch};

pub use overview::{KeyCountRow, KindCountRow, counts_by_key, counts_by_kind};

/// The word of a kind in the database and in the associated data.
pub const fn stored_kind(kind: SealedKind) -> &'static str {
    match kind {
        SealedKind::Inbox => "message",
        SealedKind::Notebook => "note",
        SealedKind::Sessions => "session",
        SealedKind::Todos => "todo",
        SealedKind::Activities => "activity",
    }
}

/// The kind that the database has stored.
///
/// # Errors
/// `Row` for a word that this program never writes.
pub fn read_kind(word: &str) -> Result<SealedKind, StoreError> {
    SealedKind::ALL
        .into_iter()
        .find(|kind| stored_kind(*kind) == word)
        .ok_or_else(|| StoreError::Row("items.kind has an unknown value".into()))
}

/// One item, with its writer's name.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ItemRow {
    pub id: String,
    pub organization_id: String,
    pub actor_id: i64,
    pub kind: String,
    pub seq: i64,
    pub key_id: i64,
    pub from_actor: i64,
    pub sealed: Vec<u8>,
    pub created_at: i64,
    /// Whether a todo is done. It is not part of what is sealed.
    pub done: bool,
    pub from_name: String,
}

/// The key material that opens the items of a key, sealed to the key that replaced it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InheritedKeyRow {
    pub key_id: i64,
    pub from_key_id: i64,
    pub sealed: Vec<u8>,
}

/// `line` is the key `$2` of the organization `$1` and every key it inherited, directly or not.
/// `UNION` stops at a cycle.
macro_rules! of_line {
    ($rest:literal) => {
        concat!(
            "WITH RECURSIVE line (id) AS (SELECT id FROM api_keys WHERE organization_id = $1 AND id = $2 UNION \
             SELECT k.id FROM heirs h JOIN line ON h.key_id = line.id \
             JOIN api_keys k ON k.organization_id = $1 AND k.id = h.from_key_id) ",
            $rest
        )
    };
}

pub async fn insert(tx: &mut Tx, row: &ItemRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO items (id, organization_id, actor_id, kind, seq, key_id, from_actor, sealed, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.id).bind(&row.organization_id).bind(row.actor_id).bind(&row.kind).bind(row.seq).bind(row.key_id)
        .bind(row.from_actor).bind(&row.sealed).bind(row.created_at).execute(conn))?;
    Ok(())
}

/// An actor's items that are sealed to a key or to one it inherited, newest first.
pub async fn list(
    connection: &mut Connection,
    organization: &OrganizationId,
    key: KeyId,
    owner: ActorId,
    kind: SealedKind,
    limit: i64,
) -> Result<Vec<ItemRow>, StoreError> {
    const SQL: &str = of_line!(
        "SELECT i.id, i.organization_id, i.actor_id, i.kind, i.seq, i.key_id, i.from_actor, i.sealed, i.created_at, \
         i.done, a.name AS from_name FROM items i JOIN line ON line.id = i.key_id \
         JOIN actors a ON a.organization_id = i.organization_id AND a.id = i.from_actor \
         WHERE i.organization_id = $1 AND i.actor_id = $3 AND i.kind = $4 ORDER BY i.seq DESC LIMIT $5"
    );
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(key.0).bind(owner.0).bind(stored_kind(kind)).bind(limit).fetch_all(conn))?)
}

/// How many items of an actor are sealed to other keys than those of [`list`].
pub async fn count_others(
    connection: &mut Connection,
    organization: &OrganizationId,
    key: KeyId,
    owner: ActorId,
    kind: SealedKind,
) -> Result<i64, StoreError> {
    const SQL: &str = of_line!(
        "SELECT COUNT(*) FROM items WHERE organization_id = $1 AND actor_id = $3 AND kind = $4 \
         AND key_id NOT IN (SELECT id FROM line)"
    );
    let (count,): (i64,) = fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(key.0).bind(owner.0).bind(stored_kind(kind)).fetch_one(conn))?;
    Ok(count)
}

/// How many items of each kind a key and those it inherited can open.
pub async fn count_of_line(
    connection: &mut Connection,
    organization: &OrganizationId,
    key: KeyId,
) -> Result<SealedCounts, StoreError> {
    const SQL: &str = of_line!(
        "SELECT kind, COUNT(*) FROM items WHERE organization_id = $1 AND key_id IN (SELECT id FROM line) GROUP BY kind"
    );
    let rows: Vec<(String, i64)> = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(key.0).fetch_all(conn))?;
    rows.iter()
        .try_fold(SealedCounts::NONE, |counts, (word, count)| {
            Ok(counts.with(read_kind(word)?, *count))
        })
}

/// Everything that a key inherited, directly or not.
pub async fn inherited_keys(
    connection: &mut Connection,
    organization: &OrganizationId,
    key: KeyId,
) -> Result<Vec<InheritedKeyRow>, StoreError> {
    const SQL: &str = of_line!(
        "SELECT h.key_id, h.from_key_id, h.sealed FROM heirs h JOIN line ON line.id = h.key_id"
    );
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(key.0).fetch_all(conn))?,
    )
}

pub async fn insert_inherited_key(tx: &mut Tx, row: &InheritedKeyRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO heirs (key_id, from_key_id, sealed) VALUES ($1, $2, $3)";
    execute!(tx, conn => sqlx::query(SQL).bind(row.key_id).bind(row.from_key_id).bind(&row.sealed).execute(conn))?;
    Ok(())
}

/// Deletes an item of its owner. Says whether there was one.
pub async fn delete(
    tx: &mut Tx,
    organization: &OrganizationId,
    owner: ActorId,
    kind: SealedKind,
    id: &ItemId,
) -> Result<bool, StoreError> {
    const SQL: &str =
        "DELETE FROM items WHERE organization_id = $1 AND actor_id = $2 AND kind = $3 AND id = $4";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(organization.as_str()).bind(owner.0).bind(stored_kind(kind)).bind(id.as_str()).execute(conn))?;
    Ok(changed == 1)
}

/// Whether a todo of its owner is done, if there is such a todo.
pub async fn find_done(
    connection: &mut Connection,
    organization: &OrganizationId,
    owner: ActorId,
    id: &ItemId,
) -> Result<Option<bool>, StoreError> {
    const SQL: &str = "SELECT done FROM items WHERE organization_id = $1 AND actor_id = $2 AND kind = $3 AND id = $4";
    let row: Option<(bool,)> = fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(owner.0).bind(stored_kind(SealedKind::Todos)).bind(id.as_str()).fetch_optional(conn))?;
    Ok(row.map(|(done,)| done))
}

/// Sets whether a todo of its owner is done. Says whether that changed it.
pub async fn set_done(
    tx: &mut Tx,
    organization: &OrganizationId,
    owner: ActorId,
    id: &ItemId,
    done: bool,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE items SET done = $5 \
         WHERE organization_id = $1 AND actor_id = $2 AND kind = $3 AND id = $4 AND done <> $5";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(organization.as_str()).bind(owner.0).bind(stored_kind(SealedKind::Todos)).bind(id.as_str()).bind(done).execute(conn))?;
    Ok(changed == 1)
}

/// The public half of a key's pair.
pub async fn public_key(
    connection: &mut Connection,
    organization: &OrganizationId,
    key: KeyId,
) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "SELECT public_key FROM api_keys WHERE organization_id = $1 AND id = $2";
    let row: Option<(Vec<u8>,)> = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(key.0).fetch_optional(conn))?;
    Ok(row.map(|(public_key,)| public_key))
}

/// The key to seal messages to: the actor's inbox key while it is usable, else the oldest usable
/// production key. A key whose scopes do not cover the inbox is excluded: nobody could read the
/// messages.
pub async fn inbox_key(
    connection: &mut Connection,
    organization: &OrganizationId,
    owner: ActorId,
    now: Moment,
) -> Result<Option<KeyId>, StoreError> {
    const SQL: &str = "SELECT k.id FROM api_keys k LEFT JOIN inboxes i \
         ON i.organization_id = k.organization_id AND i.actor_id = k.actor_id AND i.key_id = k.id \
         WHERE k.organization_id = $1 AND k.actor_id = $2 AND k.kind IN ('sk', 'live') \
         AND (k.scopes = '*' OR k.scopes LIKE '%inbox:%') AND k.rank = 0 AND k.rotated_to IS NULL \
         AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $3) \
         ORDER BY CASE WHEN i.key_id IS NULL THEN 1 ELSE 0 END, k.id LIMIT 1";
    let row: Option<(i64,)> = fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(owner.0).bind(now.0).fetch_optional(conn))?;
    Ok(row.map(|(id,)| KeyId(id)))
}

pub async fn set_inbox_key(
    tx: &mut Tx,
    organization: &OrganizationId,
    owner: ActorId,
    key: KeyId,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO inboxes (organization_id, actor_id, key_id) VALUES ($1, $2, $3) \
         ON CONFLICT (organization_id, actor_id) DO UPDATE SET key_id = excluded.key_id";
    execute!(tx, conn => sqlx::query(SQL).bind(organization.as_str()).bind(owner.0).bind(key.0).execute(conn))?;
    Ok(())
}

/// Messages to the owner are sealed to another key from now on.
pub async fn reassign_inbox(
    tx: &mut Tx,
    organization: &OrganizationId,
    from: KeyId,
    to: KeyId,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE inboxes SET key_id = $3 WHERE organization_id = $1 AND key_id = $2";
    execute!(tx, conn => sqlx::query(SQL).bind(organization.as_str()).bind(from.0).bind(to.0).execute(conn))?;
    Ok(())
}
