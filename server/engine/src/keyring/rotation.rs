//! Rotating the keys of the ring: a new key is added, becomes active once every server has it, and
//! the old one is destroyed once nothing refers to it. Each step is one transaction.

use std::collections::HashMap;
use std::time::Duration;

use domain::Moment;
use tokio::time::{Instant, sleep};

use super::startup::new_row;
use super::{MasterKey, Purpose, RingFault, RingKeyState, open};
use crate::runtime::Runtime;
use crate::store::ring::{self, WrittenIn};
use crate::store::{Connection, Db, StoreError, Tx, meta, signing};

/// How long after its retirement a key may still be used by requests that began before. A request
/// lasts half a minute at most, and a server follows the ring every few seconds.
const SETTLING_SECONDS: i64 = 2 * 60;
/// How often to look whether the servers have read the ring.
const PAUSE: Duration = Duration::from_millis(250);

/// Why a ring key was not rotated. Each is one sentence for the operator; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum RotationFault {
    /// The ring cannot be opened.
    #[error(transparent)]
    Ring(#[from] RingFault),
    /// A server would not recognize values of the new key.
    #[error(
        "the server {0} has not read the key ring; restart or stop it, then run the command again"
    )]
    Behind(String),
    /// There is nothing to activate.
    #[error("there is no new {0} key to activate")]
    NothingPending(Purpose),
    /// The canary is not a key.
    #[error("the canary of the ring cannot be rotated or destroyed")]
    Canary,
    /// There is no such key.
    #[error("the ring has no key {0}")]
    Unknown(i64),
    /// New values are made with the key.
    #[error("key {0} is active; rotate it first")]
    Active(i64),
    /// Audit events are verified with the key for ever.
    #[error("key {0} is an audit key, which is kept to verify the events from before its rotation")]
    Audit(i64),
    /// A request from before the rotation may still write with the key.
    #[error("key {0} was active until a moment ago; wait two minutes")]
    JustRetired(i64),
    /// Rows were made with the key.
    #[error("key {id} is still needed by {rows}")]
    Needed {
        /// Its id.
        id: i64,
        /// How many rows of which tables.
        rows: String,
    },
    /// The database does not answer.
    #[error("the database is unavailable: {0}")]
    Store(#[from] StoreError),
}

/// The ids of a new key and of those that it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activated {
    /// The key that is active now.
    pub new: i64,
    /// The key that was active before.
    pub old: i64,
}

/// How many rows of a table were made with a ring key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCount {
    /// The table.
    pub table: &'static str,
    /// Their number.
    pub count: i64,
}

/// Adds a pending key of a purpose, and gives its id. If there is one, it gives that one's.
///
/// # Errors
/// When the ring does not open with these master keys.
pub async fn add(
    db: &Db,
    (key, previous): (&MasterKey, Option<&MasterKey>),
    runtime: &Runtime,
    purpose: Purpose,
) -> Result<i64, RotationFault> {
    if purpose == Purpose::Canary {
        return Err(RotationFault::Canary);
    }
    let opened = open(db, key, previous).await?;
    let mut tx = db.begin().await?;
    let (_, rows) = begin_change(&mut tx).await?;
    if let Some(row) = pending(&rows, purpose) {
        return Ok(row.id);
    }
    let newest = rows
        .iter()
        .map(|row| row.id)
        .max()
        .unwrap_or_default();
    meta::raise(&mut tx, "ring_key", newest).await?;
    let id = meta::next(&mut tx, "ring_key").await?;
    let row = new_row(opened.deployment(), (id, purpose), key, runtime);
    meta::insert_ring_key(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(id)
}

/// Makes the pending key of a purpose the active one. The key before stays valid for what was made
/// with it.
///
/// # Errors
/// `NothingPending`; `Behind` while a server does not have the new key.
pub async fn activate(
    db: &Db,
    runtime: &Runtime,
    purpose: Purpose,
) -> Result<Activated, RotationFault> {
    let mut tx = db.begin().await?;
    let (change, rows) = begin_change(&mut tx).await?;
    let new = pending(&rows, purpose).ok_or(RotationFault::NothingPending(purpose))?;
    require_read(&mut tx, change).await?;
    let old = rows
        .iter()
        .find(|row| row.purpose == purpose.as_str() && row.is_active());
    ring::activate(&mut tx, new.id, purpose, runtime.now()).await?;
    let done = Activated {
        new: new.id,
        old: old.map_or(0, |row| row.id),
    };
    tx.commit().await?;
    Ok(done)
}

/// Waits until every server has read the last change of the ring. A server that does not look at
/// the ring for as long as `patience` has stopped, and is not waited for any longer.
///
/// # Errors
/// `Behind` for a server that looks at the ring and cannot read it.
pub async fn wait_for_servers(db: &Db, patience: Duration) -> Result<(), RotationFault> {
    let mut seen: HashMap<String, (i64, Instant)> = HashMap::new();
    loop {
        let mut connection = db.read().await?;
        let changes = meta::ring_changes(&mut connection).await?;
        let behind = ring::behind(&mut connection, changes).await?;
        drop(connection);
        if behind.is_empty() {
            return Ok(());
        }
        for reader in behind {
            let (looks, since) = *seen
                .entry(reader.id.clone())
                .or_insert_with(|| (reader.looks, Instant::now()));
            if since.elapsed() < patience {
                continue;
            }
            let mut tx = db.begin().await?;
            let is_dead = looks == reader.looks && ring::forget_dead(&mut tx, &reader).await?;
            tx.commit().await?;
            if !is_dead {
                return Err(RotationFault::Behind(reader.id));
            }
            tracing::warn!(
                server = reader.id,
                "a server that has stopped is not waited for"
            );
        }
        sleep(PAUSE).await;
    }
}

/// How many rows of each table were made with a ring key; tables without such rows are left out.
///
/// # Errors
/// `Unknown` if there is no such key.
pub async fn count_rows(
    db: &Db,
    runtime: &Runtime,
    id: i64,
) -> Result<Vec<RowCount>, RotationFault> {
    let mut connection = db.read().await?;
    let rows = meta::ring(&mut connection).await?;
    let row = find(&rows, id)?;
    count(&mut connection, &rows, row, runtime.now()).await
}

/// Destroys a key of the ring that nothing refers to.
///
/// # Errors
/// `Active`, `Audit`, `Canary`, `JustRetired`, `Needed`, `Unknown`; `Behind` while a server has not
/// read that the key is retired.
pub async fn destroy(db: &Db, runtime: &Runtime, id: i64) -> Result<(), RotationFault> {
    let mut tx = db.begin().await?;
    let (change, rows) = begin_change(&mut tx).await?;
    let row = find(&rows, id)?;
    match row.purpose.parse() {
        Ok(Purpose::Audit) => return Err(RotationFault::Audit(id)),
        Ok(Purpose::Canary) => return Err(RotationFault::Canary),
        _ if row.is_active() => return Err(RotationFault::Active(id)),
        _ => {}
    }
    require_read(&mut tx, change).await?;
    let now = runtime.now();
    let retired_at = retired_at(&mut tx, id).await?;
    if retired_at.is_some_and(|at| now.seconds_since(Moment(at)).abs() < SETTLING_SECONDS) {
        return Err(RotationFault::JustRetired(id));
    }
    let needed = count(&mut tx, &rows, row, now).await?;
    if !needed.is_empty() {
        let rows: Vec<_> = needed
            .iter()
            .map(|rows| format!("{} rows of {}", rows.count, rows.table))
            .collect();
        let rows = rows.join(", ");
        return Err(RotationFault::Needed { id, rows });
    }
    ring::delete(&mut tx, id).await?;
    Ok(tx.commit().await?)
}

/// Deletes the keys that sign ID tokens and assertions, after they became known to someone else.
/// Servers create another one. What the deleted keys signed is refused from then on.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_signing_keys(db: &Db) -> Result<u64, StoreError> {
    let mut tx = db.begin().await?;
    let deleted = signing::delete_all(&mut tx).await?;
    tx.commit().await?;
    Ok(deleted)
}

/// Begins a change of the ring: others wait for its end. Gives its number and the ring.
async fn begin_change(tx: &mut Tx) -> Result<(i64, Vec<meta::RingRow>), RotationFault> {
    let change = meta::next(tx, "ring_change").await?;
    let rows = meta::ring(tx).await?;
    if rows.is_empty() {
        return Err(RingFault::NotInitialised.into());
    }
    Ok((change, rows))
}

/// Requires that every server has read the changes before this one.
async fn require_read(tx: &mut Tx, change: i64) -> Result<(), RotationFault> {
    match ring::behind(tx, change - 1).await?.first() {
        Some(reader) => Err(RotationFault::Behind(reader.id.clone())),
        None => Ok(()),
    }
}

fn pending(rows: &[meta::RingRow], purpose: Purpose) -> Option<&meta::RingRow> {
    rows.iter()
        .find(|row| row.purpose == purpose.as_str() && row.state == RingKeyState::Pending.as_str())
}

fn find(rows: &[meta::RingRow], id: i64) -> Result<&meta::RingRow, RotationFault> {
    rows.iter()
        .find(|row| row.id == id)
        .ok_or(RotationFault::Unknown(id))
}

async fn retired_at(connection: &mut Connection, id: i64) -> Result<Option<i64>, StoreError> {
    let retirements = ring::retirements(connection).await?;
    Ok(retirements
        .into_iter()
        .find(|(of, _)| *of == id)
        .and_then(|(_, at)| at))
}

async fn count(
    connection: &mut Connection,
    rows: &[meta::RingRow],
    row: &meta::RingRow,
    now: Moment,
) -> Result<Vec<RowCount>, RotationFault> {
    let Ok(purpose) = row.purpose.parse::<Purpose>() else {
        return Ok(Vec::new());
    };
    let written = written_in(connection, rows, row).await?;
    let counts = ring::count_rows(connection, purpose, row.id, written, now).await?;
    Ok(counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(table, count)| RowCount { table, count })
        .collect())
}

/// From when to when values were made with a key: from the retirement of the one before until its
/// own, and a little longer, because servers follow one after the other.
async fn written_in(
    connection: &mut Connection,
    rows: &[meta::RingRow],
    row: &meta::RingRow,
) -> Result<WrittenIn, StoreError> {
    if row.state == RingKeyState::Pending.as_str() {
        return Ok(WrittenIn {
            after: i64::MAX,
            until: i64::MIN,
        });
    }
    let is_before = |id: &i64| {
        let other = rows.iter().find(|other| other.id == *id);
        other.is_some_and(|other| other.purpose == row.purpose && other.id < row.id)
    };
    let retirements = ring::retirements(connection).await?;
    let retired = |of: i64| {
        let found = retirements.iter().find(|(id, _)| *id == of);
        let at = found.and_then(|(_, at)| *at);
        at.map(|at| Moment(at).plus_seconds(SETTLING_SECONDS).0)
    };
    let before = retirements
        .iter()
        .map(|(id, _)| *id)
        .filter(is_before)
        .filter_map(retired)
        .max();
    Ok(WrittenIn {
        after: before.unwrap_or(i64::MIN),
        until: retired(row.id).unwrap_or(i64::MAX),
    })
}
