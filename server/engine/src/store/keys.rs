//! API keys. A row cannot be used to authenticate: it holds a keyed digest for the lookup, and a
//! sealed one-way verifier.

mod attention;
mod list;
mod presented;
mod recent_use;
mod reseal;

use domain::api::ApiScopeWords;
use domain::key::KeyState;
use domain::token::KeyKind;
use domain::view::KeyApi;
use domain::{ActorId, IpBlocks, KeyId, Moment, OrganizationId, Permissions};

use super::{Connection, StoreError, Tx, apis, execute, fetch, parse_column, read_ips};
use crate::in_flight::Authority;
use crate::journal::{Journal, Mark, Subject};
use crate::key_table::AuthorityChange;
use crate::keyring::{CanonicalEncoder, Purpose, Ring};

/// One key.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub struct KeyRow {
    pub id: i64,
    pub organization_id: String,
    pub actor_id: i64,
    pub created_by: i64,
    pub name: String,
    pub description: Option<String>,
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
    pub scopes: String,
    pub folded_name: String,
    pub expired_at: Option<i64>,
    pub exposed_at: Option<i64>,
    pub rotated_from: Option<i64>,
    pub rotated_to: Option<i64>,
    pub last_used_address: Option<String>,
    pub last_used_agent: Option<String>,
    pub sole: bool,
    pub rank: i64,
    /// The API that it is for, unless it is a key of Roundtable itself.
    pub api_id: Option<i64>,
    /// What it may do there, as words separated by spaces.
    pub api_scopes: String,
    /// The blocks of IP addresses that it can be used from, separated by spaces; null for all.
    pub allowed_ips: Option<String>,
    /// The slug of that API, which the row of the API has.
    pub api_slug: Option<String>,
    /// Number of the audit event that last changed this row; sealed, so that an older version
    /// cannot be put back.
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

/// The key is neither revoked nor recorded as expired.
pub const USABLE: i64 = 0;
/// The key has expired.
pub const EXPIRED: i64 = 1;
/// The key was revoked.
pub const REVOKED: i64 = 2;

impl KeyRow {
    /// Its kind.
    pub fn kind(&self) -> Result<KeyKind, StoreError> {
        parse_column(&self.kind, "api_keys.kind")
    }

    /// What it may do of what its owner's role allows.
    pub fn permissions(&self) -> Result<Permissions, StoreError> {
        parse_column(&self.scopes, "api_keys.scopes")
    }

    /// What it may do at its API, without what its scopes include.
    pub fn api_words(&self) -> Result<ApiScopeWords, StoreError> {
        self.api_scopes
            .parse()
            .map_err(|fault| StoreError::Row(format!("api_keys.api_scopes: {fault:?}")))
    }

    /// The IP addresses that it can be used from.
    pub fn allowed_ips(&self) -> Result<IpBlocks, StoreError> {
        read_ips(self.allowed_ips.as_deref(), "api_keys.allowed_ips")
    }

    /// The API that it is for, and what it may do there.
    pub fn api(&self) -> Result<Option<KeyApi>, StoreError> {
        let Some(slug) = &self.api_slug else {
            return Ok(None);
        };
        Ok(Some(KeyApi {
            slug: apis::read_slug(slug)?,
            scopes: self.api_words()?,
        }))
    }

    /// Its state. A recorded expiry stays, whatever the clock says later.
    pub fn state(&self, now: Moment) -> KeyState {
        let revoked = self
            .revoked_at
            .zip(self.revoked_by)
            .map(|(at, by)| (Moment(at), ActorId(by)));
        match (revoked, self.expired_at) {
            (None, Some(at)) => KeyState::Expired { at: Moment(at) },
            _ => KeyState::at(now, self.expires_at.map(Moment), revoked),
        }
    }

    /// Its label in the audit log.
    pub fn label(&self) -> String {
        format!("{} · {}", self.name, self.key_prefix)
    }

    /// The row with the seal over its security fields.
    #[must_use]
    pub fn with_mac(mut self, ring: &Ring) -> Self {
        self.row_mac = ring.mac(Purpose::Row, &self.canonical());
        self
    }

    /// Whether the row has a valid seal.
    pub fn is_sound(&self, ring: &Ring) -> bool {
        ring.mac_fits(Purpose::Row, &self.canonical(), &self.row_mac)
    }

    /// Whether the row says that the key was revoked or has expired.
    const fn is_inactive(&self) -> bool {
        self.revoked_at.is_some() || self.expired_at.is_some()
    }

    /// Whether a request that was authenticated with the key as it was before has to end. An earlier
    /// expiry takes effect when it is reached.
    fn is_weaker_than(&self, before: &Self) -> Result<bool, StoreError> {
        let lost_scopes = !self.permissions()?.covers(before.permissions()?)
            || !self.api_words()?.covers(&before.api_words()?);
        let lost_ips = !self.allowed_ips()?.cover(&before.allowed_ips()?);
        Ok(lost_scopes || lost_ips || (self.is_inactive() && !before.is_inactive()))
    }

    /// Whether the journal knows of a later change of the key than this row.
    pub fn is_superseded(&self, journal: &Journal) -> bool {
        !self.is_inactive() && journal.is_behind(&Subject::Key(self.id), self.audit_n)
    }

    /// The journal entry of the row.
    pub fn mark(&self) -> Mark {
        let subject = Subject::Key(self.id);
        if self.is_inactive() {
            Mark::revoked(subject)
        } else {
            Mark::changed(subject, self.audit_n)
        }
    }

    /// The associated data of the sealed verifier.
    pub fn associated_data(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("key")
            .text(&self.organization_id)
            .number(self.id)
            .number(self.actor_id)
            .number(self.created_by)
            .number(self.lookup_key_id)
    }

    fn canonical(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("api_keys")
            .bytes(self.associated_data().as_slice())
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
            .unless_none("expired_at", self.expired_at)
            .unless_none("exposed_at", self.exposed_at)
            .unless_none("rotated_from", self.rotated_from)
            .unless_none("rotated_to", self.rotated_to)
            .unless_everything(&self.scopes)
            .unless_none("api_id", self.api_id)
            .text_unless_none(
                "api_scopes",
                Some(self.api_scopes.as_str()).filter(|line| !line.is_empty()),
            )
            .text_unless_none("allowed_ips", self.allowed_ips.as_deref())
    }
}

macro_rules! columns {
    () => {
        "k.id, k.organization_id, k.actor_id, k.created_by, k.name, k.description, k.kind, k.role_cap, k.key_prefix, k.preview, \
         k.public_key, k.lookup_key_id, k.lookup, k.sealed, k.created_at, k.expires_at, k.revoked_at, k.revoked_by, \
         k.revoke_reason, k.last_used_at, k.scopes, k.folded_name, k.expired_at, k.exposed_at, k.rotated_from, \
         k.rotated_to, k.last_used_address, k.last_used_agent, k.sole, k.rank, k.api_id, k.api_scopes, k.allowed_ips, \
         (SELECT p.slug FROM apis p WHERE p.organization_id = k.organization_id AND p.id = k.api_id) AS api_slug, \
         k.audit_n, k.row_mac"
    };
}

pub(crate) use columns;

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
pub use attention::{FactsRow, counts, reached, worst, worst_facts};
pub use list::{count, count_inactive, creators, list};
pub use presented::{PresentedRow, by_lookup};
pub use recent_use::{among, used_since};
pub use reseal::{of_other_ring_keys, reseal};

pub async fn insert(tx: &mut Tx, row: &KeyRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO api_keys (id, organization_id, actor_id, created_by, name, kind, role_cap, key_prefix, \
         preview, public_key, lookup_key_id, lookup, sealed, created_at, expires_at, audit_n, row_mac, scopes, folded_name, \
         rotated_from, sole, rank, api_id, api_scopes, allowed_ips, description) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(row.id).bind(&row.organization_id).bind(row.actor_id).bind(row.created_by).bind(&row.name)
        .bind(&row.kind).bind(&row.role_cap).bind(&row.key_prefix).bind(&row.preview).bind(&row.public_key)
        .bind(row.lookup_key_id).bind(&row.lookup).bind(&row.sealed).bind(row.created_at).bind(row.expires_at)
        .bind(row.audit_n).bind(&row.row_mac).bind(&row.scopes).bind(&row.folded_name).bind(row.rotated_from)
        .bind(row.sole).bind(row.rank).bind(row.api_id).bind(&row.api_scopes).bind(&row.allowed_ips)
        .bind(&row.description).execute(conn))?;
    Ok(())
}

pub async fn find(
    connection: &mut Connection,
    organization: &OrganizationId,
    id: KeyId,
) -> Result<Option<ListedRow>, StoreError> {
    const SQL: &str = listed!("WHERE k.organization_id = $1 AND k.id = $2");
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(id.0).fetch_optional(conn))?,
    )
}

/// Whether a key has this keyed digest, in any organization.
pub async fn is_known(tx: &mut Tx, lookup_key: i64, lookup: &[u8]) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT id FROM api_keys WHERE lookup_key_id = $1 AND lookup = $2";
    let found: Option<(i64,)> =
        fetch!(tx, conn => sqlx::query_as(SQL).bind(lookup_key).bind(lookup).fetch_optional(conn))?;
    Ok(found.is_some())
}

/// The organization of a key, if it exists.
pub async fn organization_of(
    connection: &mut Connection,
    id: KeyId,
) -> Result<Option<OrganizationId>, StoreError> {
    const SQL: &str = "SELECT organization_id FROM api_keys WHERE id = $1";
    let found: Option<(String,)> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn))?;
    found
        .map(|(text,)| parse_column(&text, "api_keys.organization_id"))
        .transpose()
}

/// One key, locked until the transaction ends: shared with other requests of the key, or
/// exclusively to change it.
pub async fn lock(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: KeyId,
    alone: bool,
) -> Result<Option<KeyRow>, StoreError> {
    const SQLITE: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM api_keys k WHERE k.organization_id = $1 AND k.id = $2"
    );
    const SHARED: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM api_keys k WHERE k.organization_id = $1 AND k.id = $2 FOR SHARE"
    );
    const ALONE: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM api_keys k WHERE k.organization_id = $1 AND k.id = $2 FOR UPDATE"
    );
    let postgres = if alone { ALONE } else { SHARED };
    let sql = tx.either(SQLITE, postgres);
    fetch!(tx, conn => sqlx::query_as(sql).bind(organization.as_str()).bind(id.0).fetch_optional(conn))
}

/// Writes the mutable columns of a key, unless it was changed since it was read as `before`. Says
/// whether it was written.
pub async fn update(tx: &mut Tx, row: &KeyRow, before: &KeyRow) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE api_keys SET name = $4, folded_name = $5, scopes = $6, expires_at = $7, revoked_at = $8, \
         revoked_by = $9, revoke_reason = $10, expired_at = $11, exposed_at = $12, rotated_to = $13, sole = $14, \
         rank = $15, audit_n = $16, row_mac = $17, api_scopes = $18, allowed_ips = $19, description = $21 \
         WHERE organization_id = $1 AND id = $2 AND audit_n = $3 AND row_mac = $20";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(row.id).bind(before.audit_n).bind(&row.name).bind(&row.folded_name).bind(&row.scopes)
        .bind(row.expires_at).bind(row.revoked_at).bind(row.revoked_by).bind(&row.revoke_reason).bind(row.expired_at)
        .bind(row.exposed_at).bind(row.rotated_to).bind(row.sole).bind(row.rank).bind(row.audit_n).bind(&row.row_mac)
        .bind(&row.api_scopes).bind(&row.allowed_ips).bind(&before.row_mac).bind(&row.description).execute(conn))?;
    tx.mark(row.mark());
    tx.changed(AuthorityChange {
        of: Authority::Key(KeyId(row.id)),
        weakens: row.is_weaker_than(before)?,
    });
    Ok(changed == 1)
}

/// Organizations with expired keys whose expiry is not recorded yet.
pub async fn organizations_due(
    connection: &mut Connection,
    now: Moment,
) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "SELECT DISTINCT organization_id FROM api_keys WHERE rank = 0 AND expires_at IS NOT NULL \
         AND expires_at <= $1 ORDER BY organization_id";
    let rows: Vec<(String,)> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(now.0).fetch_all(conn))?;
    Ok(rows
        .into_iter()
        .map(|(organization,)| organization)
        .collect())
}

/// Expired keys of an organization whose expiry is not recorded yet.
pub async fn due_of(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    limit: i64,
) -> Result<Vec<KeyId>, StoreError> {
    // The plus keeps SQLite from reading all keys in the order of their ids: few are due, and the
    // index of expirations finds them.
    const SQL: &str = "SELECT id FROM api_keys WHERE organization_id = $1 AND rank = 0 AND expires_at IS NOT NULL \
         AND expires_at <= $2 ORDER BY +id LIMIT $3";
    let rows: Vec<(i64,)> = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(now.0).bind(limit).fetch_all(conn))?;
    Ok(rows.into_iter().map(|(id,)| KeyId(id)).collect())
}

/// How many usable keys of Roundtable itself an actor has. Keys with a successor do not count.
pub async fn count_usable(
    connection: &mut Connection,
    organization: &OrganizationId,
    actor: ActorId,
    now: Moment,
) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM api_keys WHERE organization_id = $1 AND actor_id = $2 AND rank = 0 \
         AND rotated_to IS NULL AND api_id IS NULL AND (expires_at IS NULL OR expires_at > $3)";
    let (count,): (i64,) = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(actor.0).bind(now.0).fetch_one(conn))?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The seals of rows from before scopes and expiries existed must stay valid.
    #[test]
    fn the_seal_of_a_row_of_the_first_release_stays_valid() {
        let row = KeyRow {
            id: 1,
            organization_id: "org_a".into(),
            scopes: "*".into(),
            ..KeyRow::default()
        };
        let before = CanonicalEncoder::of("api_keys")
            .bytes(row.associated_data().as_slice())
            .text(&row.kind)
            .text(&row.role_cap)
            .text(&row.key_prefix)
            .text(&row.preview)
            .bytes(&row.public_key)
            .bytes(&row.lookup)
            .bytes(&row.sealed)
            .number(row.created_at)
            .maybe_number(None)
            .maybe_number(None)
            .maybe_number(None)
            .maybe_text(None)
            .number(row.audit_n);
        assert_eq!(row.canonical().as_slice(), before.as_slice());
        let changed = [
            KeyRow {
                scopes: String::new(),
                ..row.clone()
            },
            KeyRow {
                expired_at: Some(0),
                ..row.clone()
            },
            KeyRow {
                exposed_at: Some(0),
                ..row.clone()
            },
            KeyRow {
                rotated_from: Some(0),
                ..row.clone()
            },
            KeyRow {
                rotated_to: Some(0),
                ..row.clone()
            },
        ];
        for (n, one) in changed.iter().enumerate() {
            assert_ne!(one.canonical().as_slice(), before.as_slice());
            assert!(
                changed[n + 1..]
                    .iter()
                    .all(|other| other.canonical().as_slice() != one.canonical().as_slice())
            );
        }
    }
}
