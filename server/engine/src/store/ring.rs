//! The rotation of ring keys: their states, who has the ring in memory, and which rows were made
//! with which key.

use domain::Moment;

use super::{Connection, StoreError, Tx, execute, fetch};
use crate::keyring::{Purpose, RingKeyState};

/// A process that has the ring in memory.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RingReader {
    pub id: String,
    /// How often it has looked.
    pub looks: i64,
}

/// Records that a process has read the ring up to a change.
pub async fn report(tx: &mut Tx, id: &str, changes: i64) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO ring_readers (id, changes, looks) VALUES ($1, $2, 1) \
         ON CONFLICT (id) DO UPDATE SET changes = excluded.changes, looks = ring_readers.looks + 1";
    execute!(tx, conn => sqlx::query(SQL).bind(id).bind(changes).execute(conn))?;
    Ok(())
}

/// Removes a process that has stopped.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    execute!(tx, conn => sqlx::query("DELETE FROM ring_readers WHERE id = $1").bind(id).execute(conn))?;
    Ok(())
}

/// Removes a process that has not looked since it was read. Says whether it was removed.
pub async fn forget_dead(tx: &mut Tx, reader: &RingReader) -> Result<bool, StoreError> {
    const SQL: &str = "DELETE FROM ring_readers WHERE id = $1 AND looks = $2";
    Ok(
        execute!(tx, conn => sqlx::query(SQL).bind(&reader.id).bind(reader.looks).execute(conn))?
            == 1,
    )
}

/// The processes that have not read this change of the ring.
pub async fn behind(
    connection: &mut Connection,
    changes: i64,
) -> Result<Vec<RingReader>, StoreError> {
    const SQL: &str = "SELECT id, looks FROM ring_readers WHERE changes < $1 ORDER BY id";
    fetch!(connection, conn => sqlx::query_as(SQL).bind(changes).fetch_all(conn))
}

/// When each ring key was retired, if it was.
pub async fn retirements(
    connection: &mut Connection,
) -> Result<Vec<(i64, Option<i64>)>, StoreError> {
    const SQL: &str = "SELECT id, retired_at FROM keyring ORDER BY id";
    fetch!(connection, conn => sqlx::query_as(SQL).fetch_all(conn))
}

/// Makes a pending key the active one of its purpose. Those before are kept for their values.
pub async fn activate(
    tx: &mut Tx,
    id: i64,
    purpose: Purpose,
    now: Moment,
) -> Result<(), StoreError> {
    const RETIRE: &str =
        "UPDATE keyring SET state = $3, retired_at = $4 WHERE purpose = $1 AND state = $2";
    const ACTIVATE: &str = "UPDATE keyring SET state = $2 WHERE id = $1";
    let (active, retired) = (
        RingKeyState::Active.as_str(),
        RingKeyState::Retired.as_str(),
    );
    execute!(tx, conn => sqlx::query(RETIRE)
        .bind(purpose.as_str()).bind(active).bind(retired).bind(now.0).execute(conn))?;
    execute!(tx, conn => sqlx::query(ACTIVATE).bind(id).bind(active).execute(conn))?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    execute!(tx, conn => sqlx::query("DELETE FROM keyring WHERE id = $1").bind(id).execute(conn))?;
    Ok(())
}

/// A table, and how its rows that were made with a ring key are counted.
type Counted = (&'static str, &'static str);

/// `$1` is the id of the key in eight bytes.
const DATA: [Counted; 6] = [
    (
        "api_keys",
        "SELECT COUNT(*) FROM api_keys WHERE substr(sealed, 2, 8) = $1",
    ),
    (
        "signing_keys",
        "SELECT COUNT(*) FROM signing_keys WHERE substr(sealed, 2, 8) = $1",
    ),
    (
        "sessions",
        "SELECT COUNT(*) FROM sessions WHERE substr(sealed, 2, 8) = $1",
    ),
    (
        "sign_in_flows",
        "SELECT COUNT(*) FROM sign_in_flows WHERE substr(sealed, 2, 8) = $1",
    ),
    (
        "drafts",
        "SELECT COUNT(*) FROM drafts WHERE substr(sealed, 2, 8) = $1",
    ),
    (
        "device_requests",
        "SELECT COUNT(*) FROM device_requests WHERE substr(sealed, 2, 8) = $1",
    ),
];
const ROW: [Counted; 5] = [
    (
        "api_keys",
        "SELECT COUNT(*) FROM api_keys WHERE substr(row_mac, 1, 8) = $1",
    ),
    (
        "actors",
        "SELECT COUNT(*) FROM actors WHERE substr(row_mac, 1, 8) = $1",
    ),
    (
        "apis",
        "SELECT COUNT(*) FROM apis WHERE substr(row_mac, 1, 8) = $1",
    ),
    (
        "invitations",
        "SELECT COUNT(*) FROM invitations WHERE substr(row_mac, 1, 8) = $1",
    ),
    (
        "signing_keys",
        "SELECT COUNT(*) FROM signing_keys WHERE substr(row_mac, 1, 8) = $1",
    ),
];
const AUDIT: Counted = (
    "audit_events",
    "SELECT COUNT(*) FROM audit_events WHERE substr(mac, 1, 8) = $1",
);
/// `$1` is the id of the key.
const LOOKUP: Counted = (
    "api_keys",
    "SELECT COUNT(*) FROM api_keys WHERE lookup_key_id = $1",
);
/// The digests of sessions do not name their key: rows that were written after `$1` and until `$2`
/// and are still valid at `$3`. What lasts for ten minutes was written ten minutes before its end.
const SESSION: [Counted; 5] = [
    (
        "sessions",
        "SELECT COUNT(*) FROM sessions WHERE COALESCE(refreshed_at, created_at) > $1 \
         AND COALESCE(refreshed_at, created_at) <= $2 AND expires_at > $3",
    ),
    (
        "invitations",
        "SELECT COUNT(*) FROM invitations WHERE created_at > $1 AND created_at <= $2 AND expires_at > $3 \
         AND ended_at IS NULL",
    ),
    (
        "sign_in_flows",
        "SELECT COUNT(*) FROM sign_in_flows WHERE expires_at - 600000 > $1 AND expires_at - 600000 <= $2 \
         AND expires_at > $3",
    ),
    (
        "drafts",
        "SELECT COUNT(*) FROM drafts WHERE expires_at - 600000 > $1 AND expires_at - 600000 <= $2 AND expires_at > $3",
    ),
    (
        "device_requests",
        "SELECT COUNT(*) FROM device_requests WHERE expires_at - 600000 > $1 AND expires_at - 600000 <= $2 \
         AND expires_at > $3",
    ),
];

/// When the values of a session key were written: after the first moment, until the second.
#[derive(Clone, Copy, Debug)]
pub struct WrittenIn {
    pub after: i64,
    pub until: i64,
}

/// How many rows of each table were made with a ring key.
pub async fn count_rows(
    connection: &mut Connection,
    purpose: Purpose,
    id: i64,
    written: WrittenIn,
    now: Moment,
) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let named: &[Counted] = match purpose {
        Purpose::Data => &DATA,
        Purpose::Row => &ROW,
        Purpose::Audit => &[AUDIT],
        Purpose::Lookup | Purpose::Session | Purpose::Canary => &[],
    };
    let mut counts = Vec::new();
    for (table, sql) in named {
        let bytes = id.to_be_bytes().to_vec();
        let (count,): (i64,) =
            fetch!(connection, conn => sqlx::query_as(*sql).bind(&bytes).fetch_one(conn))?;
        counts.push((*table, count));
    }
    if purpose == Purpose::Lookup {
        let (table, sql) = LOOKUP;
        let (count,): (i64,) =
            fetch!(connection, conn => sqlx::query_as(sql).bind(id).fetch_one(conn))?;
        counts.push((table, count));
    }
    if purpose == Purpose::Session {
        for (table, sql) in SESSION {
            let (count,): (i64,) = fetch!(connection, conn => sqlx::query_as(sql)
                .bind(written.after).bind(written.until).bind(now.0).fetch_one(conn))?;
            counts.push((table, count));
        }
    }
    Ok(counts)
}
