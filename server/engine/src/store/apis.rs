//! The APIs that organizations protect with keys.

use domain::api::{ApiScopeWords, ApiScopes};
use domain::view::{ApiView, VerifiedApi};
use domain::{ApiId, Environment, IpBlocks, Moment, OrganizationId, Slug};

use super::audit::{api_events, newest_of};
use super::{Connection, StoreError, Tx, execute, fetch, parse_column, read_ips};
use crate::in_flight::Authority;
use crate::journal::{Journal, Mark, Subject};
use crate::key_table::AuthorityChange;
use crate::keyring::{CanonicalEncoder, Purpose, Ring};

/// One API.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ApiRow {
    pub id: i64,
    pub organization_id: String,
    pub slug: String,
    pub name: String,
    pub key_prefix: String,
    pub key_header: String,
    /// The words of its environments, separated by spaces.
    pub environments: String,
    /// JSON.
    pub scopes: String,
    pub created_by: i64,
    pub created_at: i64,
    pub archived_at: Option<i64>,
    /// The blocks of IP addresses that its keys can be used from, separated by spaces; null for all.
    pub allowed_ips: Option<String>,
    /// Whether the gate signs an assertion for each request that passes.
    pub signed_assertion: bool,
    /// Number of the audit event that last changed this row; sealed, so that an older version
    /// cannot be put back.
    pub audit_n: i64,
    pub row_mac: Vec<u8>,
    /// Number of the newest audit event about this API, as the log says.
    pub newest_n: i64,
}

/// An API, with what lists show.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ListedApiRow {
    #[sqlx(flatten)]
    pub api: ApiRow,
    pub creator_name: String,
    pub active_keys: i64,
}

impl ApiRow {
    /// The row with the seal over its security fields.
    #[must_use]
    pub fn sealed(mut self, ring: &Ring) -> Self {
        self.row_mac = ring.mac(Purpose::Row, &self.canonical());
        self
    }

    /// Whether the row's seal is valid, and neither the log nor the journal knows of a newer
    /// version.
    pub fn is_sound(&self, ring: &Ring, journal: &Journal) -> bool {
        self.has_valid_seal(ring) && !self.is_superseded(journal)
    }

    /// Whether the row's seal is valid and the log knows of no newer version.
    pub fn has_valid_seal(&self, ring: &Ring) -> bool {
        self.audit_n == self.newest_n
            && ring.mac_fits(Purpose::Row, &self.canonical(), &self.row_mac)
    }

    /// Whether the journal knows of a later change of the API than this row.
    pub fn is_superseded(&self, journal: &Journal) -> bool {
        journal.is_behind(&Subject::Api(self.id), self.audit_n)
    }

    /// The journal entry of the row.
    pub const fn mark(&self) -> Mark {
        Mark::changed(Subject::Api(self.id), self.audit_n)
    }

    /// Its scopes.
    pub fn scopes(&self) -> Result<ApiScopes, StoreError> {
        serde_json::from_str(&self.scopes)
            .map_err(|error| StoreError::Row(format!("apis.scopes: {error}")))
    }

    /// The environments that it has keys for.
    pub fn environments(&self) -> Result<Vec<Environment>, StoreError> {
        self.environments
            .split(' ')
            .map(|word| parse_column(word, "apis.environments"))
            .collect()
    }

    /// The IP addresses that its keys can be used from.
    pub fn allowed_ips(&self) -> Result<IpBlocks, StoreError> {
        read_ips(self.allowed_ips.as_deref(), "apis.allowed_ips")
    }

    /// What a check of a key with these scopes needs. The owner is not a consumer.
    pub fn verified(&self, words: &ApiScopeWords) -> Result<VerifiedApi, StoreError> {
        Ok(VerifiedApi {
            slug: self.slug()?,
            key_header: parse_column(&self.key_header, "apis.key_header")?,
            is_archived: self.archived_at.is_some(),
            signs_assertions: self.signed_assertion,
            scopes: self.scopes()?.effective(words),
            consumer: None,
        })
    }

    fn slug(&self) -> Result<Slug, StoreError> {
        read_slug(&self.slug)
    }

    /// Whether a key that passed with the API as it was before may pass no more.
    fn is_weaker_than(&self, before: &Self) -> Result<bool, StoreError> {
        let (after, earlier) = (self.scopes()?, before.scopes()?);
        let has_less = earlier.iter().any(|scope| {
            let words: ApiScopeWords = [scope.scope.clone()].into_iter().collect();
            !after
                .effective(&words)
                .covers(&earlier.effective(&words))
        });
        let is_archived = self.archived_at.is_some() && before.archived_at.is_none();
        let lost_ips = !self.allowed_ips()?.cover(&before.allowed_ips()?);
        Ok(is_archived || has_less || lost_ips || self.key_header != before.key_header)
    }

    fn canonical(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("apis")
            .number(self.id)
            .text(&self.organization_id)
            .text(&self.slug)
            .text(&self.key_prefix)
            .text(&self.key_header)
            .text(&self.environments)
            .text(&self.scopes)
            .number(self.created_by)
            .number(self.created_at)
            .maybe_number(self.archived_at)
            .number(self.audit_n)
            .text_unless_none("allowed_ips", self.allowed_ips.as_deref())
            .unless_none("signed_assertion", self.signed_assertion.then_some(1))
    }
}

impl ListedApiRow {
    /// What pages and the API show.
    pub fn view(self, shows_creator: bool) -> Result<ApiView, StoreError> {
        Ok(ApiView {
            api_id: ApiId(self.api.id),
            environments: self.api.environments()?,
            slug: self.api.slug()?,
            scopes: self.api.scopes()?,
            allowed_ips: self.api.allowed_ips()?,
            name: self.api.name,
            key_prefix: self.api.key_prefix,
            key_header: parse_column(&self.api.key_header, "apis.key_header")?,
            signed_assertion: self.api.signed_assertion,
            is_archived: self.api.archived_at.is_some(),
            created_at: Moment(self.api.created_at),
            created_by: shows_creator.then_some(self.creator_name),
            active_keys: self.active_keys,
        })
    }
}

/// A stored slug.
pub fn read_slug(text: &str) -> Result<Slug, StoreError> {
    text.parse()
        .map_err(|fault| StoreError::Row(format!("apis.slug: {fault:?}")))
}

/// The number of the newest audit event about an API, which its row must have. `$apis` is the name
/// of the table in the query.
macro_rules! newest_api_event {
    ($apis:literal) => {
        newest_of!(
            concat!($apis, ".organization_id"),
            "'api'",
            concat!("CAST(", $apis, ".id AS TEXT)"),
            api_events!()
        )
    };
}
pub(super) use newest_api_event;

macro_rules! columns {
    () => {
        concat!(
            "p.id, p.organization_id, p.slug, p.name, p.key_prefix, p.key_header, p.environments, p.scopes, p.created_by, \
             p.created_at, p.archived_at, p.allowed_ips, p.signed_assertion, p.audit_n, p.row_mac, ",
            newest_api_event!("p"),
            " AS newest_n"
        )
    };
}

/// `$1` is the organization, `$2` the moment at which keys are active.
macro_rules! select_listed {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", a.name AS creator_name, (SELECT COUNT(*) FROM api_keys k WHERE k.organization_id = p.organization_id \
             AND k.api_id = p.id AND k.rank = 0 AND (k.expires_at IS NULL OR k.expires_at > $2)) AS active_keys \
             FROM apis p JOIN actors a ON a.organization_id = p.organization_id AND a.id = p.created_by \
             WHERE p.organization_id = $1 ",
            $rest
        )
    };
}

/// Stores a new API. False if another API has its slug or its prefix.
pub async fn insert(tx: &mut Tx, row: &ApiRow) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO apis (id, organization_id, slug, name, key_prefix, key_header, environments, scopes, \
         created_by, created_at, archived_at, audit_n, row_mac, allowed_ips, signed_assertion) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING";
    let inserted = execute!(tx, conn => sqlx::query(SQL)
        .bind(row.id).bind(&row.organization_id).bind(&row.slug).bind(&row.name).bind(&row.key_prefix)
        .bind(&row.key_header).bind(&row.environments).bind(&row.scopes).bind(row.created_by).bind(row.created_at)
        .bind(row.archived_at).bind(row.audit_n).bind(&row.row_mac).bind(&row.allowed_ips)
        .bind(row.signed_assertion).execute(conn))?;
    Ok(inserted == 1)
}

/// Whether an API of any organization has this slug.
pub async fn is_taken(connection: &mut Connection, slug: &Slug) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT id FROM apis WHERE slug = $1";
    let row: Option<(i64,)> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(slug.as_str()).fetch_optional(conn))?;
    Ok(row.is_some())
}

/// Writes the mutable columns of an API, which was read as `before`.
pub async fn update(tx: &mut Tx, row: &ApiRow, before: &ApiRow) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE apis SET name = $3, key_header = $4, environments = $5, scopes = $6, archived_at = $7, \
         audit_n = $8, row_mac = $9, allowed_ips = $10, signed_assertion = $11 \
         WHERE organization_id = $1 AND id = $2";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(row.id).bind(&row.name).bind(&row.key_header).bind(&row.environments)
        .bind(&row.scopes).bind(row.archived_at).bind(row.audit_n).bind(&row.row_mac)
        .bind(&row.allowed_ips).bind(row.signed_assertion).execute(conn))?;
    tx.mark(row.mark());
    tx.changed(AuthorityChange {
        of: Authority::Api(ApiId(row.id)),
        weakens: row.is_weaker_than(before)?,
    });
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::Row(format!("API {} is gone", row.id)))
    }
}

/// One API of the organization, with what lists show. It counts the keys of the API.
pub async fn find_listed(
    connection: &mut Connection,
    organization: &OrganizationId,
    slug: &Slug,
    now: Moment,
) -> Result<Option<ListedApiRow>, StoreError> {
    const SQL: &str = select_listed!("AND p.slug = $3");
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(now.0).bind(slug.as_str()).fetch_optional(conn))?,
    )
}

/// One API of the organization.
pub async fn find(
    connection: &mut Connection,
    organization: &OrganizationId,
    slug: &Slug,
) -> Result<Option<ApiRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM apis p WHERE p.organization_id = $1 AND p.slug = $2"
    );
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(slug.as_str()).fetch_optional(conn))?,
    )
}

/// One API of the organization, by id.
pub async fn get(
    connection: &mut Connection,
    organization: &OrganizationId,
    id: ApiId,
) -> Result<Option<ApiRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM apis p WHERE p.organization_id = $1 AND p.id = $2"
    );
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(id.0).fetch_optional(conn))?,
    )
}

/// The organization of an API, if it exists.
pub async fn organization_of(
    connection: &mut Connection,
    id: ApiId,
) -> Result<Option<OrganizationId>, StoreError> {
    const SQL: &str = "SELECT organization_id FROM apis WHERE id = $1";
    let found: Option<(String,)> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn))?;
    found
        .map(|(text,)| parse_column(&text, "apis.organization_id"))
        .transpose()
}

/// APIs of the organization, newest first, from `before` (exclusive) on.
pub async fn list(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    before: i64,
    limit: i64,
) -> Result<Vec<ListedApiRow>, StoreError> {
    const SQL: &str = select_listed!("AND p.id < $3 ORDER BY p.id DESC LIMIT $4");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(now.0).bind(before).bind(limit).fetch_all(conn))?)
}

/// APIs of an organization that were sealed with another ring key than this, from `after`
/// (exclusive) on. `ring_key` is its id in eight bytes.
pub async fn of_other_ring_keys(
    connection: &mut Connection,
    organization: &OrganizationId,
    after: i64,
    ring_key: &[u8],
    limit: i64,
) -> Result<Vec<ApiRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM apis p WHERE p.organization_id = $1 AND p.id > $2 AND substr(p.row_mac, 1, 8) <> $3 ORDER BY p.id LIMIT $4"
    );
    fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(after).bind(ring_key).bind(limit).fetch_all(conn))
}

/// Writes the seal of an API, unless its row was changed since it was read as `before`. Says
/// whether it was written.
pub async fn reseal(tx: &mut Tx, row: &ApiRow, before: &ApiRow) -> Result<bool, StoreError> {
    const SQL: &str =
        "UPDATE apis SET row_mac = $4 WHERE organization_id = $1 AND id = $2 AND row_mac = $3";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(row.id).bind(&before.row_mac).bind(&row.row_mac).execute(conn))?;
    Ok(changed == 1)
}
