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

/// Whether the row of something must be as new as the event `e`, or the event ends a session.
macro_rules! counts {
    () => {
        concat!(
            "(e.object_kind = 'key' AND e.action IN (",
            key_events!(),
            ") OR e.object_kind IN (",
            actor_kinds!(),
            ") AND e.action IN (",
            actor_events!(),
            ") OR e.object_kind = 'api' AND e.action IN (",
            api_events!(),
            ") OR e.object_kind = 'invitation' AND e.action IN (",
            invitation_events!(),
            ") OR e.object_kind = 'session' AND e.action = 'session.ended')"
        )
    };
}

/// Keeps the floors of the events up to `last`, which are about to be removed. Sessions that ended
/// before `sessions_since` would have expired since, so their floors are dropped.
pub async fn keep_floors(
    tx: &mut Tx,
    organization: &OrganizationId,
    last: i64,
    sessions_since: Moment,
) -> Result<(), StoreError> {
    const SUPERSEDED: &str = concat!(
        "DELETE FROM audit_floors WHERE organization_id = $1 AND (object_kind, object_id) IN \
         (SELECT e.object_kind, e.object_id FROM audit_events e WHERE e.organization_id = $1 AND e.n <= $2 AND ",
        counts!(),
        ")"
    );
    const NEW: &str = concat!(
        "INSERT INTO audit_floors (organization_id, n, object_kind, object_id, at, action) \
         SELECT a.organization_id, a.n, a.object_kind, a.object_id, a.at, a.action FROM audit_events a \
         WHERE a.organization_id = $1 AND a.n IN (SELECT MAX(e.n) FROM audit_events e \
         WHERE e.organization_id = $1 AND e.n <= $2 AND ",
        counts!(),
        " GROUP BY e.object_kind, e.object_id)"
    );
    const SESSIONS: &str = "DELETE FROM audit_floors WHERE organization_id = $1 AND object_kind = 'session' AND at < $2";
    let organization = organization.as_str();
    execute!(tx, conn => sqlx::query(SUPERSEDED).bind(organization).bind(last).execute(conn))?;
    execute!(tx, conn => sqlx::query(NEW).bind(organization).bind(last).execute(conn))?;
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
        for floor in &page {
            let canonical = CanonicalEncoder::of("rt/audit-floor/v1")
                .bytes(&so_far)
                .number(floor.n)
                .text(&floor.object_kind)
                .text(&floor.object_id)
                .number(floor.at)
                .text(&floor.action);
            so_far = hash(&canonical);
        }
    }
}
