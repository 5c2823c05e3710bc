//! Reading a presented key together with its owner.

use super::super::actors::{ActorRow, newest_event};
use super::super::apis::{ApiRow, newest_api_event};
use super::super::audit::{actor_events, actor_kinds, api_events, key_events, newest_of};
use super::super::{Connection, StoreError, fetch};
use super::{KeyRow, columns};

/// A presented key with its owner and the API that it is for, and the number of the newest event about it. They are read
/// together, so that a concurrent revocation is not taken for an alteration.
#[derive(Clone, Debug)]
pub struct PresentedRow {
    pub key: KeyRow,
    pub newest_n: i64,
    pub owner: ActorRow,
    pub api: Option<ApiRow>,
}

#[derive(sqlx::FromRow)]
struct Joined {
    #[sqlx(flatten)]
    key: KeyRow,
    newest_n: i64,
    #[sqlx(flatten)]
    owner: Owner,
    #[sqlx(flatten)]
    api: Api,
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
    owner_external_id: Option<String>,
    owner_metadata: Option<String>,
    owner_allowed_ips: Option<String>,
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
            external_id: owner.owner_external_id,
            metadata: owner.owner_metadata,
            allowed_ips: owner.owner_allowed_ips,
            audit_n: owner.owner_audit_n,
            row_mac: owner.owner_row_mac,
            newest_n: owner.owner_newest_n,
        }
    }
}

/// The columns of the API, which are null for a key of Roundtable itself.
#[derive(sqlx::FromRow)]
struct Api {
    p_id: Option<i64>,
    p_organization_id: Option<String>,
    p_slug: Option<String>,
    p_name: Option<String>,
    p_key_prefix: Option<String>,
    p_key_header: Option<String>,
    p_environments: Option<String>,
    p_scopes: Option<String>,
    p_created_by: Option<i64>,
    p_created_at: Option<i64>,
    p_archived_at: Option<i64>,
    p_allowed_ips: Option<String>,
    p_signed_assertion: Option<bool>,
    p_audit_n: Option<i64>,
    p_row_mac: Option<Vec<u8>>,
    p_newest_n: Option<i64>,
}

impl Api {
    fn row(self) -> Option<ApiRow> {
        Some(ApiRow {
            id: self.p_id?,
            organization_id: self.p_organization_id?,
            slug: self.p_slug?,
            name: self.p_name?,
            key_prefix: self.p_key_prefix?,
            key_header: self.p_key_header?,
            environments: self.p_environments?,
            scopes: self.p_scopes?,
            created_by: self.p_created_by?,
            created_at: self.p_created_at?,
            archived_at: self.p_archived_at,
            allowed_ips: self.p_allowed_ips,
            signed_assertion: self.p_signed_assertion?,
            audit_n: self.p_audit_n?,
            row_mac: self.p_row_mac?,
            newest_n: self.p_newest_n?,
        })
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
        ", ",
        newest_of!(
            "k.organization_id",
            "'key'",
            "CAST(k.id AS TEXT)",
            key_events!()
        ),
        " AS newest_n, \
         a.id AS owner_id, a.organization_id AS owner_organization_id, a.kind AS owner_kind, \
         a.person_id AS owner_person_id, a.claim_email AS owner_claim_email, a.name AS owner_name, \
         a.role AS owner_role, a.created_at AS owner_created_at, a.removed_at AS owner_removed_at, \
         a.created_by AS owner_created_by, a.disabled_at AS owner_disabled_at, \
         a.allow_overlap AS owner_allow_overlap, a.external_id AS owner_external_id, a.metadata AS owner_metadata, \
         a.allowed_ips AS owner_allowed_ips, \
         a.audit_n AS owner_audit_n, a.row_mac AS owner_row_mac, ",
        newest_event!("a"),
        " AS owner_newest_n, p.id AS p_id, p.organization_id AS p_organization_id, p.slug AS p_slug, p.name AS p_name, \
         p.key_prefix AS p_key_prefix, p.key_header AS p_key_header, p.environments AS p_environments, \
         p.scopes AS p_scopes, p.created_by AS p_created_by, p.created_at AS p_created_at, \
         p.archived_at AS p_archived_at, p.allowed_ips AS p_allowed_ips, \
         p.signed_assertion AS p_signed_assertion, p.audit_n AS p_audit_n, p.row_mac AS p_row_mac, ",
        newest_api_event!("p"),
        " AS p_newest_n \
         FROM api_keys k JOIN actors a ON a.organization_id = k.organization_id AND a.id = k.actor_id \
         LEFT JOIN apis p ON p.organization_id = k.organization_id AND p.id = k.api_id \
         WHERE k.lookup_key_id = $1 AND k.lookup = $2"
    );
    let found: Option<Joined> = fetch!(connection, conn => sqlx::query_as(SQL).bind(lookup_key).bind(lookup).fetch_optional(conn))?;
    Ok(found.map(|joined| PresentedRow {
        key: joined.key,
        newest_n: joined.newest_n,
        owner: joined.owner.into(),
        api: joined.api.row(),
    }))
}
