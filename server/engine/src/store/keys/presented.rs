//! Reading a presented key together with its owner.

use super::super::actors::{ActorRow, newest_event};
use super::super::{Connection, StoreError, fetch};
use super::{KeyRow, columns};

/// A presented key with its owner, and the number of the newest event about it. They are read
/// together, so that a concurrent revocation is not taken for an alteration.
#[derive(Clone, Debug)]
pub struct PresentedRow {
    pub key: KeyRow,
    pub newest_n: i64,
    pub owner: ActorRow,
}

#[derive(sqlx::FromRow)]
struct Joined {
    #[sqlx(flatten)]
    key: KeyRow,
    newest_n: i64,
    #[sqlx(flatten)]
    owner: Owner,
}

/// The columns of the owner, whose names would be ambiguous.
#[derive(sqlx::FromRow)]
struct Owner {
    owner_id: i64,
    owner_organization_id: String,
    owner_kind: String,
    owner_person_id: Option<i64>,
    owner_claim_email: Option<String>,
    owner_name: String,
    owner_role: String,
    owner_created_at: i64,
    owner_removed_at: Option<i64>,
    owner_created_by: Option<i64>,
    owner_disabled_at: Option<i64>,
    owner_allow_overlap: bool,
    owner_audit_n: i64,
    owner_row_mac: Vec<u8>,
    owner_newest_n: i64,
}

impl From<Owner> for ActorRow {
    fn from(owner: Owner) -> Self {
        Self {
            id: owner.owner_id,
            organization_id: owner.owner_organization_id,
            kind: owner.owner_kind,
            person_id: owner.owner_person_id,
            claim_email: owner.owner_claim_email,
            name: owner.owner_name,
            role: owner.owner_role,
            created_at: owner.owner_created_at,
            removed_at: owner.owner_removed_at,
            created_by: owner.owner_created_by,
            disabled_at: owner.owner_disabled_at,
            allow_overlap: owner.owner_allow_overlap,
            audit_n: owner.owner_audit_n,
            row_mac: owner.owner_row_mac,
            newest_n: owner.owner_newest_n,
        }
    }
}

/// The key with this keyed digest, in any organization: the only read before the organization is
/// known.
pub async fn by_lookup(
    connection: &mut Connection,
    lookup_key: i64,
    lookup: &[u8],
) -> Result<Option<PresentedRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        ", (SELECT COALESCE(MAX(e.n), 0) FROM audit_events e WHERE e.organization_id = k.organization_id \
         AND e.object_kind = 'key' AND e.object_id = CAST(k.id AS TEXT) \
         AND e.action IN ('key.created', 'key.narrowed', 'key.rotated', 'key.exposed', 'key.expired', 'key.revoked')) \
         AS newest_n, \
         a.id AS owner_id, a.organization_id AS owner_organization_id, a.kind AS owner_kind, \
         a.person_id AS owner_person_id, a.claim_email AS owner_claim_email, a.name AS owner_name, \
         a.role AS owner_role, a.created_at AS owner_created_at, a.removed_at AS owner_removed_at, \
         a.created_by AS owner_created_by, a.disabled_at AS owner_disabled_at, \
         a.allow_overlap AS owner_allow_overlap, a.audit_n AS owner_audit_n, a.row_mac AS owner_row_mac, ",
        newest_event!("a"),
        " AS owner_newest_n \
         FROM api_keys k JOIN actors a ON a.organization_id = k.organization_id AND a.id = k.actor_id \
         WHERE k.lookup_key_id = $1 AND k.lookup = $2"
    );
    let found: Option<Joined> = fetch!(connection, conn => sqlx::query_as(SQL).bind(lookup_key).bind(lookup).fetch_optional(conn))?;
    Ok(found.map(|joined| PresentedRow {
        key: joined.key,
        newest_n: joined.newest_n,
        owner: joined.owner.into(),
    }))
}
