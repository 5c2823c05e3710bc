//! The audit log: per organization a chain of events without gaps.

mod find;
mod floors;
mod newest;

use domain::{Moment, OrganizationId};
use serde::{Deserialize, Serialize};

use super::{Connection, StoreError, Tx, execute, fetch};
use crate::journal::Mark;
use crate::keyring::CanonicalEncoder;

pub use find::{RecordRow, Span, actors, list, read_on, span};
pub use floors::{
    FloorRow, all_floors, floors, floors_hash, hash_with, is_kept, remove, write_floors,
};
pub(in crate::store) use newest::{
    actor_events, actor_kinds, api_events, invitation_events, key_events, newest_of,
};

/// The end of an audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnd {
    /// The organization.
    pub organization_id: String,
    /// The number of events.
    pub events: i64,
    /// The number of the newest event.
    pub n: i64,
    /// The hash of the newest event, in hex.
    pub hash: String,
}

/// One event.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditRow {
    pub organization_id: String,
    pub n: i64,
    pub at: i64,
    pub action: String,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub via_key: Option<String>,
    pub object_kind: String,
    pub object_id: String,
    pub object_label: String,
    pub concerns: Option<i64>,
    pub changes: String,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub request_id: String,
    pub hash: Vec<u8>,
    pub mac: Vec<u8>,
}

impl AuditRow {
    /// The canonical bytes of the event, including the hash of the event before it.
    pub fn canonical(&self, before: &[u8]) -> CanonicalEncoder {
        CanonicalEncoder::of("rt/audit/v1")
            .text(&self.organization_id)
            .number(self.n)
            .bytes(before)
            .number(self.at)
            .text(&self.action)
            .maybe_number(self.actor_id)
            .text(&self.actor_name)
            .maybe_text(self.via_key.as_deref())
            .text(&self.object_kind)
            .text(&self.object_id)
            .text(&self.object_label)
            .maybe_number(self.concerns)
            .text(&self.changes)
            .maybe_text(self.address.as_deref())
            .maybe_text(self.agent.as_deref())
            .text(&self.request_id)
    }
}

macro_rules! columns {
    () => {
        "organization_id, n, at, action, actor_id, actor_name, via_key, object_kind, object_id, object_label, concerns, \
         changes, address, agent, request_id, hash, mac"
    };
}
use columns;

pub async fn start_chain(tx: &mut Tx, organization: &OrganizationId) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO audit_heads (organization_id, n, hash) VALUES ($1, 0, $2)";
    execute!(tx, conn => sqlx::query(SQL).bind(organization.as_str()).bind(Vec::<u8>::new()).execute(conn))?;
    Ok(())
}

/// Locks the head of the chain until the transaction ends. Every transaction that changes an
/// organization locks it before any other row, so that changes of one organization are serialized
/// and cannot deadlock.
pub async fn lock_chain_head(tx: &mut Tx, organization: &OrganizationId) -> Result<(), StoreError> {
    // SQLite has only one writer at a time.
    const POSTGRES: &str = "SELECT n FROM audit_heads WHERE organization_id = $1 FOR UPDATE";
    if tx.has_row_locks() {
        let _: (i64,) = fetch!(tx, conn => sqlx::query_as(POSTGRES).bind(organization.as_str()).fetch_one(conn))?;
    }
    Ok(())
}

/// Takes the next number, and locks the head of the chain until the transaction ends.
pub async fn advance(tx: &mut Tx, organization: &str) -> Result<(i64, Vec<u8>), StoreError> {
    const SQL: &str =
        "UPDATE audit_heads SET n = n + 1 WHERE organization_id = $1 RETURNING n, hash";
    Ok(fetch!(tx, conn => sqlx::query_as(SQL).bind(organization).fetch_one(conn))?)
}

pub async fn insert(tx: &mut Tx, row: &AuditRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO audit_events (organization_id, n, at, action, actor_id, actor_name, via_key, object_kind, \
         object_id, object_label, concerns, changes, address, agent, request_id, hash, mac) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    const HEAD: &str = "UPDATE audit_heads SET hash = $2 WHERE organization_id = $1";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.organization_id).bind(row.n).bind(row.at).bind(&row.action).bind(row.actor_id).bind(&row.actor_name)
        .bind(&row.via_key).bind(&row.object_kind).bind(&row.object_id).bind(&row.object_label).bind(row.concerns)
        .bind(&row.changes).bind(&row.address).bind(&row.agent).bind(&row.request_id).bind(&row.hash).bind(&row.mac)
        .execute(conn))?;
    execute!(tx, conn => sqlx::query(HEAD).bind(&row.organization_id).bind(&row.hash).execute(conn))?;
    tx.mark(Mark::head(&row.organization_id, row.n, &row.hash));
    Ok(())
}

/// Raises the head above a number, and above every existing event.
pub async fn raise_head(
    tx: &mut Tx,
    organization: &OrganizationId,
    above: i64,
) -> Result<(), StoreError> {
    const NEWEST: &str = "SELECT COALESCE(MAX(n), 0) FROM audit_events WHERE organization_id = $1";
    const SQL: &str = "UPDATE audit_heads SET n = $2 WHERE organization_id = $1 AND n < $2";
    let (newest,): (i64,) =
        fetch!(tx, conn => sqlx::query_as(NEWEST).bind(organization.as_str()).fetch_one(conn))?;
    execute!(tx, conn => sqlx::query(SQL).bind(organization.as_str()).bind(above.max(newest)).execute(conn))?;
    Ok(())
}

/// The events of an action, oldest first.
pub async fn of_action(
    connection: &mut Connection,
    organization: &OrganizationId,
    action: &str,
) -> Result<Vec<AuditRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM audit_events WHERE organization_id = $1 AND action = $2 ORDER BY n"
    );
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(action).fetch_all(conn))?,
    )
}

/// The newest event of an action.
pub async fn newest_of_action(
    connection: &mut Connection,
    organization: &OrganizationId,
    action: &str,
) -> Result<Option<AuditRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM audit_events WHERE organization_id = $1 AND action = $2 ORDER BY n DESC LIMIT 1"
    );
    fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(action).fetch_optional(conn))
}

/// The number of the first event at this time or later.
pub async fn first_since(
    connection: &mut Connection,
    organization: &OrganizationId,
    since: Moment,
) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "SELECT MIN(n) FROM audit_events WHERE organization_id = $1 AND at >= $2";
    let (first,): (Option<i64>,) = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(since.0).fetch_one(conn))?;
    Ok(first)
}

/// Events in the order of the chain, from `after` (exclusive) on, or from the very first.
pub async fn chain(
    connection: &mut Connection,
    organization: &OrganizationId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM audit_events WHERE organization_id = $1 AND n > $2 ORDER BY n LIMIT $3"
    );
    Ok(
        fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(after.unwrap_or(i64::MIN)).bind(limit).fetch_all(conn))?,
    )
}

/// Number and hash of the newest event.
pub async fn head(
    connection: &mut Connection,
    organization: &OrganizationId,
) -> Result<(i64, Vec<u8>), StoreError> {
    const SQL: &str = "SELECT n, hash FROM audit_heads WHERE organization_id = $1";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).fetch_one(conn))?)
}

/// The ends of all logs, by organization.
pub async fn ends(connection: &mut Connection) -> Result<Vec<LogEnd>, StoreError> {
    const SQL: &str = "SELECT h.organization_id, (SELECT COUNT(*) FROM audit_events e WHERE e.organization_id = h.organization_id) AS events, \
         h.n, h.hash FROM audit_heads h";
    let rows: Vec<(String, i64, i64, Vec<u8>)> =
        fetch!(connection, conn => sqlx::query_as(SQL).fetch_all(conn))?;
    let end = |(organization_id, events, n, hash): (_, _, _, Vec<u8>)| LogEnd {
        organization_id,
        events,
        n,
        hash: hex::encode(hash),
    };
    let mut ends: Vec<LogEnd> = rows.into_iter().map(end).collect();
    // The databases collate text differently.
    ends.sort_unstable_by(|one, other| one.organization_id.cmp(&other.organization_id));
    Ok(ends)
}

/// The hash of an event, if it exists.
pub async fn hash_of(
    connection: &mut Connection,
    organization: &OrganizationId,
    n: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "SELECT hash FROM audit_events WHERE organization_id = $1 AND n = $2";
    let row: Option<(Vec<u8>,)> = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(n).fetch_optional(conn))?;
    Ok(row.map(|(hash,)| hash))
}

/// The time of an event, if it exists.
pub async fn time_of(
    connection: &mut Connection,
    organization: &OrganizationId,
    n: i64,
) -> Result<Option<Moment>, StoreError> {
    const SQL: &str = "SELECT at FROM audit_events WHERE organization_id = $1 AND n = $2";
    let row: Option<(i64,)> = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(n).fetch_optional(conn))?;
    Ok(row.map(|(at,)| Moment(at)))
}

/// The id of the request that wrote an event.
pub async fn request_of(
    connection: &mut Connection,
    organization: &OrganizationId,
    n: i64,
) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT request_id FROM audit_events WHERE organization_id = $1 AND n = $2";
    let row: Option<(String,)> = fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(n).fetch_optional(conn))?;
    Ok(row.map(|(request,)| request))
}
