//! API keys. The row holds nothing that opens a door: a keyed digest to find it by, and the sealed one-way verifier.

use domain::policy::Reach;
use domain::{ActorId, KeyId, Moment, OrganizationId};

use super::{Conn, Link, StoreError, Tx, on, run};
use crate::keyring::{Canon, Purpose, Ring};

/// One key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct KeyRow {
    pub id: i64,
    pub organization_id: String,
    pub actor_id: i64,
    pub created_by: i64,
    pub name: String,
    pub kind: String,
    pub role_cap: String,
    pub key_prefix: String,
    pub preview: String,
    pub public_key: Vec<u8>,
    pub lookup_key_id: i64,
    pub lookup: Vec<u8>,
    pub sealed: Vec<u8>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub revoked_by: Option<i64>,
    pub revoke_reason: Option<String>,
    pub last_used_at: Option<i64>,
    /// Number of the audit event that last changed this row; sealed, so that an old row cannot be put back.
    pub audit_n: i64,
    pub row_mac: Vec<u8>,
}

/// A key with the names that lists show.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ListedRow {
    #[sqlx(flatten)]
    pub key: KeyRow,
    pub actor_name: String,
    pub creator_name: String,
}

/// A key as it is presented, with the number of the newest event about it: read together, so that a revocation in
/// between is not taken for an alteration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PresentedRow {
    #[sqlx(flatten)]
    pub key: KeyRow,
    pub newest_n: i64,
}

impl KeyRow {
    /// The row with the seal over its security fields.
    #[must_use]
    pub fn with_mac(mut self, ring: &Ring) -> Self {
        self.row_mac = ring.mac(Purpose::Row, &self.canon());
        self
    }

    /// Whether the row bears its own seal.
    pub fn is_sound(&self, ring: &Ring) -> bool {
        ring.mac_fits(Purpose::Row, &self.canon(), &self.row_mac)
    }

    /// Where the sealed verifier belongs; it opens nowhere else.
    pub fn place(&self) -> Canon {
        Canon::of("key")
            .text(&self.organization_id)
            .number(self.id)
            .number(self.actor_id)
            .number(self.created_by)
            .number(self.lookup_key_id)
    }

    fn canon(&self) -> Canon {
        Canon::of("api_keys")
            .bytes(self.place().as_slice())
            .text(&self.kind)
            .text(&self.role_cap)
            .text(&self.key_prefix)
            .text(&self.preview)
            .bytes(&self.public_key)
            .bytes(&self.lookup)
            .bytes(&self.sealed)
            .number(self.created_at)
            .maybe_number(self.expires_at)
            .maybe_number(self.revoked_at)
            .maybe_number(self.revoked_by)
            .maybe_text(self.revoke_reason.as_deref())
            .number(self.audit_n)
    }
}

macro_rules! columns {
    () => {
        "k.id, k.organization_id, k.actor_id, k.created_by, k.name, k.kind, k.role_cap, k.key_prefix, k.preview, \
         k.public_key, k.lookup_key_id, k.lookup, k.sealed, k.created_at, k.expires_at, k.revoked_at, k.revoked_by, \
         k.revoke_reason, k.last_used_at, k.audit_n, k.row_mac"
    };
}

macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", a.name AS actor_name, c.name AS creator_name FROM api_keys k \
             JOIN actors a ON a.organization_id = k.organization_id AND a.id = k.actor_id \
             JOIN actors c ON c.organization_id = k.organization_id AND c.id = k.created_by ",
            $rest
        )
    };
}

pub async fn insert(tx: &mut Tx, row: &KeyRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO api_keys (id, organization_id, actor_id, created_by, name, kind, role_cap, key_prefix, \
         preview, public_key, lookup_key_id, lookup, sealed, created_at, expires_at, audit_n, row_mac) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    run!(tx, conn => sqlx::query(SQL)
        .bind(row.id).bind(&row.organization_id).bind(row.actor_id).bind(row.created_by).bind(&row.name)
        .bind(&row.kind).bind(&row.role_cap).bind(&row.key_prefix).bind(&row.preview).bind(&row.public_key)
        .bind(row.lookup_key_id).bind(&row.lookup).bind(&row.sealed).bind(row.created_at).bind(row.expires_at)
        .bind(row.audit_n).bind(&row.row_mac).execute(conn))?;
    Ok(())
}

/// The key with this keyed digest, whichever organization it belongs to: the one read that comes before the
/// organization is known.
pub async fn by_lookup(link: &mut Link, lookup_key: i64, lookup: &[u8]) -> Result<Option<PresentedRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        ", (SELECT COALESCE(MAX(e.n), 0) FROM audit_events e WHERE e.organization_id = k.organization_id \
         AND e.object_kind = 'key' AND e.object_id = CAST(k.id AS TEXT) \
         AND e.action IN ('key.created', 'key.revoked')) AS newest_n \
         FROM api_keys k WHERE k.lookup_key_id = $1 AND k.lookup = $2"
    );
    Ok(on!(link, conn => sqlx::query_as(SQL).bind(lookup_key).bind(lookup).fetch_optional(conn))?)
}

pub async fn find(link: &mut Link, organization: &OrganizationId, id: KeyId) -> Result<Option<ListedRow>, StoreError> {
    const SQL: &str = listed!("WHERE k.organization_id = $1 AND k.id = $2");
    Ok(on!(link, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(id.0).fetch_optional(conn))?)
}

/// One key, held until the transaction ends: shared with other requests of the key, or alone to end it.
pub async fn hold(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: KeyId,
    alone: bool,
) -> Result<Option<KeyRow>, StoreError> {
    const SQLITE: &str = concat!("SELECT ", columns!(), " FROM api_keys k WHERE k.organization_id = $1 AND k.id = $2");
    const SHARED: &str =
        concat!("SELECT ", columns!(), " FROM api_keys k WHERE k.organization_id = $1 AND k.id = $2 FOR SHARE");
    const ALONE: &str =
        concat!("SELECT ", columns!(), " FROM api_keys k WHERE k.organization_id = $1 AND k.id = $2 FOR UPDATE");
    let postgres = if alone { ALONE } else { SHARED };
    Ok(match tx.conn() {
        Conn::Sqlite(conn) => {
            sqlx::query_as(SQLITE).bind(organization.as_str()).bind(id.0).fetch_optional(conn).await?
        }
        Conn::Postgres(conn) => {
            sqlx::query_as(postgres).bind(organization.as_str()).bind(id.0).fetch_optional(conn).await?
        }
    })
}

/// Keys within reach, newest first, from `before` (exclusive) on.
pub async fn list(
    link: &mut Link,
    reach: &Reach,
    before: i64,
    limit: i64,
    only_active_at: Option<Moment>,
) -> Result<Vec<ListedRow>, StoreError> {
    const SQL: &str = listed!(
        "WHERE k.organization_id = $1 AND k.id < $2 AND (CAST($3 AS BIGINT) IS NULL OR k.actor_id = $3) \
         AND (CAST($4 AS BIGINT) IS NULL OR (k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $4))) \
         ORDER BY k.id DESC LIMIT $5"
    );
    Ok(on!(link, conn => sqlx::query_as(SQL)
        .bind(reach.organization().as_str()).bind(before).bind(reach.owner().map(|owner| owner.0))
        .bind(only_active_at.map(|at| at.0)).bind(limit).fetch_all(conn))?)
}

/// Writes the end of a key, once: a row that has ended is left as it is. Says whether this call ended it.
pub async fn end(tx: &mut Tx, row: &KeyRow) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE api_keys SET revoked_at = $3, revoked_by = $4, revoke_reason = $5, audit_n = $6, row_mac = $7 \
         WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL";
    let changed = run!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(row.id).bind(row.revoked_at).bind(row.revoked_by).bind(&row.revoke_reason)
        .bind(row.audit_n).bind(&row.row_mac).execute(conn))?;
    Ok(changed == 1)
}

/// The keys of an actor that have not been revoked.
pub async fn live_of(link: &mut Link, organization: &OrganizationId, actor: ActorId) -> Result<Vec<KeyId>, StoreError> {
    const SQL: &str = "SELECT id FROM api_keys WHERE organization_id = $1 AND actor_id = $2 AND revoked_at IS NULL";
    let rows: Vec<(i64,)> =
        on!(link, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(actor.0).fetch_all(conn))?;
    Ok(rows.into_iter().map(|(id,)| KeyId(id)).collect())
}

/// Notes the last use, unless a later one is known.
pub async fn touch(tx: &mut Tx, id: KeyId, at: Moment) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    run!(tx, conn => sqlx::query(SQL).bind(id.0).bind(at.0).execute(conn))?;
    Ok(())
}
