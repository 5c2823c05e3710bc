//! What remains of removed events. The row of a key, an actor, an API or an invitation must be as
//! new as the newest event about it, also when that event was removed because of its age. So its
//! number, its kind and its time are kept. A floor has no name, no address and no values.

use domain::{Moment, OrganizationId};

use super::newest::{actor_events, actor_kinds, api_events, invitation_events, key_events};
use super::{Connection, StoreError, Tx, execute, fetch};
use crate::keyring::{CanonicalEncoder, hash};

/// Floors that are read at a time.
const PAGE: i64 = 1_000;

/// The newest removed event about an object.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FloorRow {
    pub n: i64,
    pub object_kind: String,
    pub object_id: String,
    pub at: i64,
    pub action: String,
}

/// Whether the row of something must be as new as this event, or the event ends a session.
pub fn is_kept(object_kind: &str, action: &str) -> bool {
    let is_in = |words: &str, word: &str| words.contains(&format!("'{word}'"));
    match object_kind {
        "key" => is_in(key_events!(), action),
        "api" => is_in(api_events!(), action),
        "invitation" => is_in(invitation_events!(), action),
        "session" => action == "session.ended",
        kind => is_in(actor_kinds!(), kind) && is_in(actor_events!(), action),
    }
}

/// Writes floors in the place of those of the same objects. Sessions that ended before
/// `sessions_since` would have expired since, so their floors are dropped.
pub async fn write_floors(
    tx: &mut Tx,
    organization: &OrganizationId,
    floors: &[FloorRow],
    sessions_since: Moment,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO audit_floors (organization_id, n, object_kind, object_id, at, action) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, object_kind, object_id) \
         DO UPDATE SET n = EXCLUDED.n, at = EXCLUDED.at, action = EXCLUDED.action";
    const SESSIONS: &str = "DELETE FROM audit_floors WHERE organization_id = $1 AND object_kind = 'session' AND at < $2";
    let organization = organization.as_str();
    for floor in floors {
        execute!(tx, conn => sqlx::query(SQL)
            .bind(organization).bind(floor.n).bind(&floor.object_kind).bind(&floor.object_id)
            .bind(floor.at).bind(&floor.action).execute(conn))?;
    }
    execute!(tx, conn => sqlx::query(SESSIONS).bind(organization).bind(sessions_since.0).execute(conn))?;
    Ok(())
}

/// Removes the events up to `last`. Gives their number.
pub async fn remove(
    tx: &mut Tx,
    organization: &OrganizationId,
    last: i64,
) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM audit_events WHERE organization_id = $1 AND n <= $2";
    execute!(tx, conn => sqlx::query(SQL).bind(organization.as_str()).bind(last).execute(conn))
}

/// The floors of an organization after the one with this number, by number.
pub async fn floors(
    connection: &mut Connection,
    organization: &OrganizationId,
    after: i64,
) -> Result<Vec<FloorRow>, StoreError> {
    const SQL: &str = "SELECT n, object_kind, object_id, at, action FROM audit_floors \
         WHERE organization_id = $1 AND n > $2 ORDER BY n LIMIT $3";
    fetch!(connection, conn => sqlx::query_as(SQL).bind(organization.as_str()).bind(after).bind(PAGE).fetch_all(conn))
}

/// A hash over all floors of an organization. Empty without floors.
pub async fn floors_hash(
    connection: &mut Connection,
    organization: &OrganizationId,
) -> Result<Vec<u8>, StoreError> {
    let mut so_far = Vec::new();
    let mut after = i64::MIN;
    loop {
        let page = floors(connection, organization, after).await?;
        let Some(last) = page.last() else {
            return Ok(so_far);
        };
        after = last.n;
        so_far = hash_with(so_far, &page);
    }
}

/// All floors of an organization, by number.
pub async fn all_floors(
    connection: &mut Connection,
    organization: &OrganizationId,
) -> Result<Vec<FloorRow>, StoreError> {
    let mut all: Vec<FloorRow> = Vec::new();
    loop {
        let after = all.last().map_or(i64::MIN, |last| last.n);
        let page = floors(connection, organization, after).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The hash over the floors so far and these, by number.
pub fn hash_with<'a>(so_far: Vec<u8>, floors: impl IntoIterator<Item = &'a FloorRow>) -> Vec<u8> {
    floors.into_iter().fold(so_far, |so_far, floor| {
        let canonical = CanonicalEncoder::of("rt/audit-floor/v1")
            .bytes(&so_far)
            .number(floor.n)
            .text(&floor.object_kind)
            .text(&floor.object_id)
            .number(floor.at)
            .text(&floor.action);
        hash(&canonical)
    })
}
