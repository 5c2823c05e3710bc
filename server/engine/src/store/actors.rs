//! Actors: members and service accounts of an organization.

use domain::command::{ConsumerQuery, MemberQuery};
use domain::consumer::{ExternalId, Metadata};
use domain::environment::Environment;
use domain::view::{ConsumerView, ServiceAccount};
use domain::{Actor, ActorId, IpBlocks, Moment, OrganizationId, Permissions, PersonId, Role};

use super::audit::{actor_events, actor_kinds, newest_of};
use super::query_builder::like_pattern;
use super::{Connection, StoreError, Tx, execute, fetch, parse_column, read_ips};
use crate::in_flight::Authority;
use crate::journal::{Journal, Mark, Subject};
use crate::key_table::AuthorityChange;
use crate::keyring::{CanonicalEncoder, Purpose, Ring};

/// One actor.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ActorRow {
    pub id: i64,
    pub organization_id: String,
    pub kind: String,
    pub person_id: Option<i64>,
    pub claim_email: Option<String>,
    pub name: String,
    pub role: String,
    pub created_at: i64,
    pub removed_at: Option<i64>,
    pub created_by: Option<i64>,
    pub disabled_at: Option<i64>,
    pub allow_overlap: bool,
    /// Of a consumer: its id in the organization's own systems.
    pub external_id: Option<String>,
    /// Of a consumer: JSON.
    pub metadata: Option<String>,
    /// The blocks of IP addresses that its keys can be used from, separated by spaces; null for all.
    pub allowed_ips: Option<String>,
    /// Number of the audit event that last changed this row, 0 for a founder; sealed, so that an
    /// older version cannot be put back.
    pub audit_n: i64,
    pub row_mac: Vec<u8>,
    /// Number of the newest audit event about this actor, as the log says.
    pub newest_n: i64,
}

/// A service account or a consumer, with what lists show.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CreatedActorRow {
    #[sqlx(flatten)]
    pub actor: ActorRow,
    pub creator_name: Option<String>,
    pub active_keys: i64,
}

/// A member, with what lists show.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MemberRow {
    #[sqlx(flatten)]
    pub actor: ActorRow,
    pub email: Option<String>,
    pub active_keys: i64,
}

impl CreatedActorRow {
    /// What pages and the API show of a service account.
    pub fn service_account(self) -> Result<ServiceAccount, StoreError> {
        Ok(ServiceAccount {
            actor_id: ActorId(self.actor.id),
            role: parse_column(&self.actor.role, "actors.role")?,
            allowed_ips: self.actor.allowed_ips()?,
            name: self.actor.name,
            is_disabled: self.actor.disabled_at.is_some(),
            allow_overlap: self.actor.allow_overlap,
            created_at: Moment(self.actor.created_at),
            created_by: self.creator_name,
            active_keys: self.active_keys,
        })
    }

    /// What pages and the API show of a consumer.
    pub fn consumer(self) -> Result<ConsumerView, StoreError> {
        let (external_id, metadata) = self
            .actor
            .consumer()?
            .ok_or_else(|| StoreError::Row(format!("actor {} is no consumer", self.actor.id)))?;
        Ok(ConsumerView {
            actor_id: ActorId(self.actor.id),
            external_id: external_id.into(),
            metadata,
            allowed_ips: self.actor.allowed_ips()?,
            name: self.actor.name,
            is_paused: self.actor.disabled_at.is_some(),
            created_at: Moment(self.actor.created_at),
            created_by: self.creator_name,
            active_keys: self.active_keys,
        })
    }
}

impl ActorRow {
    /// The row with the seal over its security fields.
    #[must_use]
    pub fn sealed(mut self, ring: &Ring) -> Self {
        self.row_mac = ring.mac(Purpose::Row, &self.canonical());
        self
    }

    /// Whether the row's seal is valid and the row is not an older version that was put back.
    pub fn is_sound(&self, ring: &Ring) -> bool {
        self.audit_n == self.newest_n
            && ring.mac_fits(Purpose::Row, &self.canonical(), &self.row_mac)
    }

    /// Whether the journal knows of a later change of the actor than this row.
    pub fn is_superseded(&self, journal: &Journal) -> bool {
        self.removed_at.is_none() && journal.is_behind(&Subject::Actor(self.id), self.audit_n)
    }

    /// Whether the actor may act: neither removed nor disabled.
    pub const fn is_enabled(&self) -> bool {
        self.removed_at.is_none() && self.disabled_at.is_none()
    }

    /// Whether a request that was authenticated for the actor as it was before has to end.
    fn is_weaker_than(&self, before: &Self) -> Result<bool, StoreError> {
        let role: Role = parse_column(&self.role, "actors.role")?;
        let role_before: Role = parse_column(&before.role, "actors.role")?;
        let lost_ips = !self.allowed_ips()?.cover(&before.allowed_ips()?);
        Ok(role < role_before || lost_ips || (before.is_enabled() && !self.is_enabled()))
    }

    /// The IP addresses that its keys can be used from.
    pub fn allowed_ips(&self) -> Result<IpBlocks, StoreError> {
        read_ips(self.allowed_ips.as_deref(), "actors.allowed_ips")
    }

    /// The journal entry of the row.
    pub fn mark(&self) -> Mark {
        let subject = Subject::Actor(self.id);
        if self.removed_at.is_some() {
            Mark::revoked(subject)
        } else {
            Mark::changed(subject, self.audit_n)
        }
    }

    /// The actor as a domain value.
    pub fn actor(&self) -> Result<Actor, StoreError> {
        Ok(Actor {
            id: ActorId(self.id),
            organization: parse_column(&self.organization_id, "actors.organization_id")?,
            kind: parse_column(&self.kind, "actors.kind")?,
            name: self.name.clone(),
            role: parse_column(&self.role, "actors.role")?,
            permissions: Permissions::Everything,
            environment: Environment::Production,
        })
    }

    /// Of a consumer: its external id, and what the organization notes about it.
    pub fn consumer(&self) -> Result<Option<(ExternalId, Metadata)>, StoreError> {
        let Some((external_id, metadata)) = self
            .external_id
            .as_ref()
            .zip(self.metadata.as_ref())
        else {
            return Ok(None);
        };
        let external_id = external_id
            .parse()
            .map_err(|fault| StoreError::Row(format!("actors.external_id: {fault:?}")))?;
        let metadata = metadata
            .parse()
            .map_err(|error| StoreError::Row(format!("actors.metadata: {error}")))?;
        Ok(Some((external_id, metadata)))
    }

    fn canonical(&self) -> CanonicalEncoder {
        CanonicalEncoder::of("actors")
            .number(self.id)
            .text(&self.organization_id)
            .text(&self.kind)
            .maybe_number(self.person_id)
            .maybe_text(self.claim_email.as_deref())
            .text(&self.role)
            .number(self.created_at)
            .maybe_number(self.removed_at)
            .number(self.audit_n)
            .unless_none("created_by", self.created_by)
            .unless_none("disabled_at", self.disabled_at)
            .unless_none("allow_overlap", self.allow_overlap.then_some(1))
            .text_unless_none("external_id", self.external_id.as_deref())
            .text_unless_none("metadata", self.metadata.as_deref())
            .text_unless_none("allowed_ips", self.allowed_ips.as_deref())
    }
}

/// The number of the newest audit event about an actor, which its row must have. `$actors` is the
/// name of the table in the query.
macro_rules! newest_event {
    ($actors:literal) => {
        newest_of!(
            concat!($actors, ".organization_id"),
            actor_kinds!(),
            concat!("CAST(", $actors, ".id AS TEXT)"),
            actor_events!()
        )
    };
}
pub(super) use newest_event;

macro_rules! columns {
    () => {
        concat!(
            "id, organization_id, kind, person_id, claim_email, name, role, created_at, removed_at, created_by, \
             disabled_at, allow_overlap, external_id, metadata, allowed_ips, audit_n, row_mac, ",
            newest_event!("actors"),
            " AS newest_n"
        )
    };
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM actors ", $rest)
    };
}

/// As [`select!`], for actors of a kind that someone created: `$1` is the organization, `$2` the
/// moment at which keys are active.
macro_rules! select_created {
    ($kind:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", (SELECT c.name FROM actors c WHERE c.organization_id = actors.organization_id \
             AND c.id = actors.created_by) AS creator_name, \
             (SELECT COUNT(*) FROM api_keys k WHERE k.organization_id = actors.organization_id \
             AND k.actor_id = actors.id AND k.rank = 0 AND k.revoked_at IS NULL \
             AND (k.expires_at IS NULL OR k.expires_at > $2)) AS active_keys \
             FROM actors WHERE organization_id = $1 AND kind = '",
            $kind,
            "' AND removed_at IS NULL ",
            $rest
        )
    };
}

/// As [`select_created!`], for members.
macro_rules! select_member {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", (SELECT p.email FROM people p WHERE p.id = actors.person_id) AS email, \
             (SELECT COUNT(*) FROM api_keys k WHERE k.organization_id = actors.organization_id \
             AND k.actor_id = actors.id AND k.rank = 0 AND k.revoked_at IS NULL \
             AND (k.expires_at IS NULL OR k.expires_at > $2)) AS active_keys \
             FROM actors WHERE organization_id = $1 AND kind = 'member' AND removed_at IS NULL ",
            $rest
        )
    };
}

pub async fn insert(tx: &mut Tx, row: &ActorRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO actors (id, organization_id, kind, person_id, claim_email, name, role, created_at, \
         removed_at, audit_n, row_mac, folded_name, created_by, disabled_at, allow_overlap, external_id, metadata, \
         allowed_ips) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(row.id).bind(&row.organization_id).bind(&row.kind).bind(row.person_id).bind(&row.claim_email)
        .bind(&row.name).bind(&row.role).bind(row.created_at).bind(row.removed_at).bind(row.audit_n).bind(&row.row_mac)
        .bind(row.name.to_lowercase()).bind(row.created_by).bind(row.disabled_at).bind(row.allow_overlap)
        .bind(&row.external_id).bind(&row.metadata).bind(&row.allowed_ips)
        .execute(conn))?;
    Ok(())
}

/// Writes the mutable columns of an actor, which was read as `before`.
pub async fn update(tx: &mut Tx, row: &ActorRow, before: &ActorRow) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE actors SET person_id = $3, claim_email = $4, name = $5, role = $6, removed_at = $7, \
         audit_n = $8, row_mac = $9, folded_name = $10, disabled_at = $11, allow_overlap = $12, metadata = $13, allowed_ips = $14 \
         WHERE organization_id = $1 AND id = $2";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(row.id).bind(row.person_id).bind(&row.claim_email).bind(&row.name)
        .bind(&row.role).bind(row.removed_at).bind(row.audit_n).bind(&row.row_mac).bind(row.name.to_lowercase())
        .bind(row.disabled_at).bind(row.allow_overlap).bind(&row.metadata).bind(&row.allowed_ips).execute(conn))?;
    tx.mark(row.mark());
    tx.changed(AuthorityChange {
        of: Authority::Owner(ActorId(row.id)),
        weakens: row.is_weaker_than(before)?,
    });
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::Row(format!("actor {} is gone", row.id)))
    }
}

pub async fn find(
    connection: &mut Connection,
    organization: &OrganizationId,
    id: ActorId,
) -> Result<Option<ActorRow>, StoreError> {
    const SQL: &str = select!("WHERE organization_id = $1 AND id = $2");
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(id.0).fetch_optional(conn))?,
    )
}

/// The organization of an actor, if it exists.
pub async fn organization_of(
    connection: &mut Connection,
    id: ActorId,
) -> Result<Option<OrganizationId>, StoreError> {
    const SQL: &str = "SELECT organization_id FROM actors WHERE id = $1";
    let found: Option<(String,)> =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(id.0).fetch_optional(conn))?;
    found
        .map(|(text,)| parse_column(&text, "actors.organization_id"))
        .transpose()
}

/// As [`find`], and locks the row until the transaction ends.
pub async fn lock(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: ActorId,
) -> Result<Option<ActorRow>, StoreError> {
    const SQLITE: &str = select!("WHERE organization_id = $1 AND id = $2");
    const POSTGRES: &str = select!("WHERE organization_id = $1 AND id = $2 FOR SHARE");
    let sql = tx.either(SQLITE, POSTGRES);
    fetch!(tx, conn => sqlx::query_as(sql).bind(organization.as_str()).bind(id.0).fetch_optional(conn))
}

/// Service accounts, newest first, from `before` (exclusive) on.
pub async fn list_services(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    before: i64,
    limit: i64,
) -> Result<Vec<CreatedActorRow>, StoreError> {
    const SQL: &str = select_created!("service", "AND id < $3 ORDER BY id DESC LIMIT $4");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(now.0).bind(before).bind(limit).fetch_all(conn))?)
}

/// Service accounts whose name contains a text, in any case, newest first.
pub async fn search_services(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    text: &str,
    limit: i64,
) -> Result<Vec<CreatedActorRow>, StoreError> {
    const SQL: &str = select_created!(
        "service",
        "AND folded_name LIKE $3 ESCAPE '\\' ORDER BY id DESC LIMIT $4"
    );
    let Some(pattern) = text_pattern(Some(text)).filter(|pattern| !pattern.is_empty()) else {
        return Ok(Vec::new());
    };
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(now.0).bind(pattern).bind(limit).fetch_all(conn))?)
}

pub async fn find_service(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    id: ActorId,
) -> Result<Option<CreatedActorRow>, StoreError> {
    const SQL: &str = select_created!("service", "AND id = $3");
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(now.0).bind(id.0).fetch_optional(conn))?,
    )
}

/// Consumers that match the query, newest first.
pub async fn list_consumers(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    query: &ConsumerQuery,
    limit: i64,
) -> Result<Vec<CreatedActorRow>, StoreError> {
    const MATCHING: &str = select_created!(
        "consumer",
        "AND id < $3 AND ($5 = '' OR folded_name LIKE $5 ESCAPE '\\' OR LOWER(external_id) LIKE $5 ESCAPE '\\') \
         ORDER BY id DESC LIMIT $4"
    );
    // Without an alternative, so that the index of external ids serves it.
    const ONE: &str = select_created!(
        "consumer",
        "AND id < $3 AND ($5 = '' OR folded_name LIKE $5 ESCAPE '\\' OR LOWER(external_id) LIKE $5 ESCAPE '\\') \
         AND external_id = $6 ORDER BY id DESC LIMIT $4"
    );
    let before = query.before.map_or(i64::MAX, |before| before.0);
    let Some(pattern) = text_pattern(query.text.as_deref()) else {
        return Ok(Vec::new());
    };
    Ok(fetch!(connection, conn => {
        let sql = if query.external_id.is_some() { ONE } else { MATCHING };
        let found = sqlx::query_as(sql)
            .bind(organization.as_str()).bind(now.0).bind(before).bind(limit).bind(&pattern);
        match &query.external_id {
            Some(id) => found.bind(id.as_str()),
            None => found,
        }
        .fetch_all(conn)
    })?)
}

pub async fn find_consumer(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    id: ActorId,
) -> Result<Option<CreatedActorRow>, StoreError> {
    const SQL: &str = select_created!("consumer", "AND id = $3");
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(now.0).bind(id.0).fetch_optional(conn))?,
    )
}

/// The consumer of the organization with this external id. Nobody changes it until the transaction
/// ends.
pub async fn lock_consumer(
    tx: &mut Tx,
    organization: &OrganizationId,
    external_id: &ExternalId,
) -> Result<Option<ActorRow>, StoreError> {
    const SQLITE: &str = select!("WHERE organization_id = $1 AND external_id = $2");
    const POSTGRES: &str = select!("WHERE organization_id = $1 AND external_id = $2 FOR SHARE");
    let sql = tx.either(SQLITE, POSTGRES);
    Ok(fetch!(tx, conn => sqlx::query_as(sql)
        .bind(organization.as_str()).bind(external_id.as_str()).fetch_optional(conn))?)
}

/// Members that match the query, newest first. Their emails match its text only if `in_emails`.
pub async fn list_members(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    query: &MemberQuery,
    in_emails: bool,
    limit: i64,
) -> Result<Vec<MemberRow>, StoreError> {
    const SQL: &str = select_member!(
        "AND id < $3 AND ($5 = '' OR role = $5) AND ($6 = '' OR folded_name LIKE $6 ESCAPE '\\' \
         OR ($7 <> '' AND (LOWER(claim_email) LIKE $7 ESCAPE '\\' OR EXISTS (SELECT 1 FROM people p \
         WHERE p.id = actors.person_id AND LOWER(p.email) LIKE $7 ESCAPE '\\')))) ORDER BY id DESC LIMIT $4"
    );
    let before = query.before.map_or(i64::MAX, |before| before.0);
    let role = query.role.map_or("", Role::as_str);
    let Some(pattern) = text_pattern(query.text.as_deref()) else {
        return Ok(Vec::new());
    };
    let email = if in_emails { pattern.as_str() } else { "" };
    Ok(fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(now.0).bind(before).bind(limit).bind(role).bind(&pattern).bind(email)
        .fetch_all(conn))?)
}

/// The pattern of a search, or an empty text without one. `None` if nothing can match: no name
/// contains a NUL, and Postgres rejects it as a parameter.
fn text_pattern(text: Option<&str>) -> Option<String> {
    let text = text.unwrap_or_default().trim();
    if text.contains('\0') {
        return None;
    }
    Some(match text.is_empty() {
        true => String::new(),
        false => like_pattern(&text.to_lowercase()),
    })
}

pub async fn find_member(
    connection: &mut Connection,
    organization: &OrganizationId,
    now: Moment,
    id: ActorId,
) -> Result<Option<MemberRow>, StoreError> {
    const SQL: &str = select_member!("AND id = $3");
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(now.0).bind(id.0).fetch_optional(conn))?,
    )
}

/// Whether a person with this email is a member.
pub async fn is_member(
    connection: &mut Connection,
    organization: &OrganizationId,
    email: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT a.id FROM actors a LEFT JOIN people p ON p.id = a.person_id \
         WHERE a.organization_id = $1 AND a.removed_at IS NULL AND (p.email = $2 OR a.claim_email = $2) LIMIT 1";
    let row: Option<(i64,)> = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(email).fetch_optional(conn))?;
    Ok(row.is_some())
}

/// The members with this email, and the actors that wait for it. More than one person can have it.
pub async fn of_email(
    connection: &mut Connection,
    organization: &OrganizationId,
    email: &str,
) -> Result<Vec<ActorRow>, StoreError> {
    const SQL: &str = select!(
        "WHERE organization_id = $1 AND kind = 'member' AND removed_at IS NULL AND (claim_email = $2 \
         OR person_id IN (SELECT p.id FROM people p WHERE p.email = $2)) ORDER BY id"
    );
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(email).fetch_all(conn))?,
    )
}

/// A person's actor in an organization, removed or not.
pub async fn of_person(
    connection: &mut Connection,
    organization: &OrganizationId,
    person: PersonId,
) -> Result<Option<ActorRow>, StoreError> {
    const SQL: &str = select!("WHERE organization_id = $1 AND person_id = $2");
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(person.0).fetch_optional(conn))?,
    )
}

/// Actors that wait for the first sign-in with this verified email.
pub async fn waiting_for(
    connection: &mut Connection,
    email: &str,
) -> Result<Vec<ActorRow>, StoreError> {
    const SQL: &str =
        select!("WHERE claim_email = $1 AND person_id IS NULL AND removed_at IS NULL ORDER BY id");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(email).fetch_all(conn))?)
}

/// Owners of an organization that are not removed.
pub async fn count_owners(
    connection: &mut Connection,
    organization: &OrganizationId,
) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM actors WHERE organization_id = $1 AND role = 'owner' AND removed_at IS NULL";
    let (count,): (i64,) = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).fetch_one(conn))?;
    Ok(count)
}

/// How many members and service accounts an organization has.
pub async fn count_staff(
    connection: &mut Connection,
    organization: &OrganizationId,
) -> Result<(i64, i64), StoreError> {
    const SQL: &str = "SELECT COUNT(CASE WHEN kind = 'member' THEN 1 END), COUNT(CASE WHEN kind = 'service' THEN 1 END) \
         FROM actors WHERE organization_id = $1 AND removed_at IS NULL";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).fetch_one(conn))?)
}

/// A new actor's row, not sealed yet.
pub fn new_row(actor: &Actor, at: Moment) -> ActorRow {
    ActorRow {
        id: actor.id.0,
        organization_id: actor.organization.to_string(),
        kind: actor.kind.as_str().into(),
        person_id: None,
        claim_email: None,
        name: actor.name.clone(),
        role: actor.role.as_str().into(),
        created_at: at.0,
        removed_at: None,
        created_by: None,
        disabled_at: None,
        allow_overlap: false,
        external_id: None,
        metadata: None,
        allowed_ips: None,
        audit_n: 0,
        row_mac: Vec::new(),
        newest_n: 0,
    }
}

/// Actors of an organization that were sealed with another ring key than this, from `after`
/// (exclusive) on. `ring_key` is its id in eight bytes.
pub async fn of_other_ring_keys(
    connection: &mut Connection,
    organization: &OrganizationId,
    after: i64,
    ring_key: &[u8],
    limit: i64,
) -> Result<Vec<ActorRow>, StoreError> {
    const SQL: &str = select!(
        "WHERE organization_id = $1 AND id > $2 AND substr(row_mac, 1, 8) <> $3 ORDER BY id LIMIT $4"
    );
    fetch!(connection, conn => sqlx::query_as(SQL)
        .bind(organization.as_str()).bind(after).bind(ring_key).bind(limit).fetch_all(conn))
}

/// Writes the seal of an actor, unless its row was changed since it was read as `before`. Says
/// whether it was written.
pub async fn reseal(tx: &mut Tx, row: &ActorRow, before: &ActorRow) -> Result<bool, StoreError> {
    const SQL: &str =
        "UPDATE actors SET row_mac = $4 WHERE organization_id = $1 AND id = $2 AND row_mac = $3";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(row.id).bind(&before.row_mac).bind(&row.row_mac).execute(conn))?;
    Ok(changed == 1)
}
