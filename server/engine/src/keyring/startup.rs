//! Creating, opening, following and rewrapping the ring.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use zeroize::Zeroizing;

use super::{CanonicalEncoder, KeyList, MasterKey, Purpose, Ring, RingKey, RingKeyState, Secret};
use crate::runtime::Runtime;
use crate::store::{Db, StoreError, meta};

const CANARY: [u8; 32] = *b"this ring opens under this key\0\0";

/// Why the ring cannot be opened. Each is one sentence for the operator, and the process exits.
#[derive(Debug, thiserror::Error)]
pub enum RingFault {
    /// The database is empty.
    #[error("the database is not initialised; run `roundtable init` once")]
    NotInitialised,
    /// The database has a ring already.
    #[error("the database is initialised already, for the master key {0}")]
    AlreadyInitialised(String),
    /// The ring belongs to another master key.
    #[error("the database belongs to the master key {expected}, but the key given is {given}")]
    OtherKey {
        /// Id of the key that the ring was wrapped with.
        expected: String,
        /// Id of the key that was given.
        given: String,
    },
    /// The master key's id matches, but the canary does not open.
    #[error("the key ring is damaged; restore it from a backup")]
    Damaged,
    /// Part of the ring is still under the previous key.
    #[error(
        "{rows} keys of the ring need the previous master key {id}; give it too, then run `roundtable keyring rewrap`"
    )]
    NeedsPrevious {
        /// The number of such ring keys.
        rows: usize,
        /// Id of the key they need.
        id: String,
    },
    /// One key of the ring was altered.
    #[error("key {0} of the ring was altered; restore it from a backup")]
    Altered(i64),
    /// API keys refer to ring keys that are missing.
    #[error("API keys need the ring keys {0}, which are missing; restore them from a backup")]
    Missing(String),
    /// The database does not answer.
    #[error("the database does not answer: {0}")]
    Store(#[from] StoreError),
}

/// What `roundtable keyring status` prints.
#[derive(Debug, PartialEq, Eq)]
pub struct RingStatus {
    /// Ring keys, the oldest first.
    pub keys: Vec<RingKeyStatus>,
}

/// One key of the ring; nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingKeyStatus {
    /// Its id.
    pub id: i64,
    /// The word of its purpose.
    pub purpose: String,
    /// The word of its state.
    pub state: String,
    /// The master key that it is wrapped with.
    pub master: String,
}

/// Whether the database holds a ring.
///
/// # Errors
/// When the database does not answer.
pub async fn is_initialised(db: &Db) -> Result<bool, StoreError> {
    Ok(!meta::ring(&mut db.read().await?)
        .await?
        .is_empty())
}

/// Creates the ring of an empty database.
///
/// # Errors
/// [`RingFault::AlreadyInitialised`] if there is one.
pub async fn init(db: &Db, key: &MasterKey, runtime: &Runtime) -> Result<(), RingFault> {
    let mut tx = db.begin().await?;
    if let Some(row) = meta::ring(&mut tx).await?.first() {
        return Err(RingFault::AlreadyInitialised(row.kek_id.clone()));
    }
    let deployment = runtime.random_id("dep_");
    meta::put(&mut tx, "deployment", &deployment).await?;
    for (purpose, id) in Purpose::ALL.into_iter().zip(1..) {
        let secret = Zeroizing::new(if purpose == Purpose::Canary {
            CANARY
        } else {
            runtime.bytes()
        });
        let wrapped = key.wrap(
            runtime.bytes(),
            &associated_data(&deployment, id, purpose.as_str(), key.id()),
            &secret,
        );
        let row = meta::RingRow {
            id,
            purpose: purpose.as_str().into(),
            state: RingKeyState::Active.as_str().into(),
            kek_id: key.id().into(),
            wrapped,
            created_at: runtime.now().0,
        };
        meta::insert_ring_key(&mut tx, &row).await?;
    }
    Ok(tx.commit().await?)
}

/// Opens the ring with the master key, and the previous one while a rewrap is under way.
///
/// # Errors
/// [`RingFault`].
pub async fn open(
    db: &Db,
    key: &MasterKey,
    previous: Option<&MasterKey>,
) -> Result<Ring, RingFault> {
    let mut connection = db.read().await?;
    let changes = meta::ring_changes(&mut connection).await?;
    let rows = meta::ring(&mut connection).await?;
    let Some(first) = rows.first() else {
        return Err(RingFault::NotInitialised);
    };
    let known = |id: &str| {
        [Some(key), previous]
            .into_iter()
            .flatten()
            .find(|given| given.id() == id)
    };
    if rows
        .iter()
        .all(|row| known(&row.kek_id).is_none())
    {
        return Err(RingFault::OtherKey {
            expected: first.kek_id.clone(),
            given: key.id().into(),
        });
    }
    let unknown: Vec<_> = rows
        .iter()
        .filter(|row| known(&row.kek_id).is_none())
        .collect();
    if let Some(row) = unknown.first() {
        return Err(RingFault::NeedsPrevious {
            rows: unknown.len(),
            id: row.kek_id.clone(),
        });
    }
    let deployment = meta::get(&mut connection, "deployment")
        .await?
        .unwrap_or_default();
    let mut keys = Vec::new();
    let mut active = BTreeMap::new();
    for row in &rows {
        let (purpose, secret) = unwrapped(&deployment, row, known(&row.kek_id))?;
        keys.push(RingKey::new(row.id, purpose, secret));
        if row.is_active() {
            active.insert(purpose, AtomicI64::new(row.id));
        }
    }
    let ring = Ring {
        deployment,
        keys: KeyList {
            keys,
            later: OnceLock::new(),
        },
        active,
        masters: [Some(key), previous]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
        changes: AtomicI64::new(changes),
        reloading: tokio::sync::Mutex::default(),
    };
    let used = meta::lookup_keys_in_use(&mut connection).await?;
    let gone: Vec<_> = used
        .iter()
        .filter(|id| ring.keys().all(|key| key.id != **id))
        .map(i64::to_string)
        .collect();
    let whole = Purpose::ALL
        .iter()
        .all(|purpose| ring.active.contains_key(purpose));
    match (gone.is_empty(), whole) {
        (false, _) => Err(RingFault::Missing(gone.join(", "))),
        (_, false) => Err(RingFault::Damaged),
        _ => Ok(ring),
    }
}

/// Wraps every ring key with `key` instead of `previous`, in one transaction. No API key is
/// touched. Gives the number of ring keys that were rewritten.
///
/// # Errors
/// As [`open`].
pub async fn rewrap(
    db: &Db,
    key: &MasterKey,
    previous: &MasterKey,
    runtime: &Runtime,
) -> Result<usize, RingFault> {
    open(db, key, Some(previous)).await?;
    let mut tx = db.begin().await?;
    let deployment = meta::get(&mut tx, "deployment")
        .await?
        .unwrap_or_default();
    let mut rewritten = 0;
    for row in meta::ring(&mut tx)
        .await?
        .into_iter()
        .filter(|row| row.kek_id != key.id())
    {
        let (_, secret) = unwrapped(&deployment, &row, Some(previous))?;
        let wrapped = key.wrap(
            runtime.bytes(),
            &associated_data(&deployment, row.id, &row.purpose, key.id()),
            &secret,
        );
        meta::rewrap_ring_key(&mut tx, row.id, key.id(), &wrapped).await?;
        rewritten += 1;
    }
    tx.commit().await?;
    Ok(rewritten)
}

/// The ids, purposes and master keys of the ring; nothing secret.
///
/// # Errors
/// When the database does not answer.
pub async fn status(db: &Db) -> Result<RingStatus, StoreError> {
    let rows = meta::ring(&mut db.read().await?).await?;
    Ok(RingStatus {
        keys: rows
            .into_iter()
            .map(|row| RingKeyStatus {
                id: row.id,
                purpose: row.purpose,
                state: row.state,
                master: row.kek_id,
            })
            .collect(),
    })
}

impl Ring {
    /// Reads the ring of the database again: adds its new keys, follows which are active, and stops
    /// to use those that were destroyed. Nothing changes if it cannot be read completely.
    ///
    /// # Errors
    /// When a new key cannot be opened, an active one is missing, or the database does not answer.
    pub(crate) async fn reload(&self, db: &Db) -> Result<(), RingFault> {
        let _turn = self.reloading.lock().await;
        let mut connection = db.read().await?;
        // Before the rows, which are at least as new then.
        let changes = meta::ring_changes(&mut connection).await?;
        let rows = meta::ring(&mut connection).await?;
        let is_there = |id: i64| rows.iter().any(|row| row.id == id);
        if !self
            .active
            .values()
            .all(|id| is_there(id.load(Ordering::SeqCst)))
        {
            return Err(RingFault::Damaged);
        }

        let added = self.new_keys(&rows)?;
        if !added.is_empty() {
            self.keys.add(added);
        }
        for row in rows.iter().filter(|row| row.is_active()) {
            let purpose = row.purpose.parse().ok();
            if let Some(active) = purpose.and_then(|purpose: Purpose| self.active.get(&purpose)) {
                active.store(row.id, Ordering::SeqCst);
            }
        }
        for key in self.keys().filter(|key| !is_there(key.id)) {
            key.is_destroyed.store(true, Ordering::SeqCst);
        }
        self.changes.store(changes, Ordering::SeqCst);
        Ok(())
    }

    fn new_keys(&self, rows: &[meta::RingRow]) -> Result<Vec<RingKey>, RingFault> {
        let mut added = Vec::new();
        let is_new = |row: &&meta::RingRow| self.keys().all(|key| key.id != row.id);
        for row in rows.iter().filter(is_new) {
            let master = self
                .masters
                .iter()
                .find(|master| master.id() == row.kek_id)
                .ok_or_else(|| RingFault::OtherKey {
                    expected: row.kek_id.clone(),
                    given: self
                        .masters
                        .first()
                        .map_or("", MasterKey::id)
                        .into(),
                })?;
            let (purpose, secret) = unwrapped(&self.deployment, row, Some(master))?;
            added.push(RingKey::new(row.id, purpose, secret));
        }
        Ok(added)
    }
}

/// The row of a new key, wrapped by the master key.
pub(super) fn new_row(
    deployment: &str,
    (id, purpose): (i64, Purpose),
    key: &MasterKey,
    runtime: &Runtime,
) -> meta::RingRow {
    let wrapped = key.wrap(
        runtime.bytes(),
        &associated_data(deployment, id, purpose.as_str(), key.id()),
        &Zeroizing::new(runtime.bytes()),
    );
    meta::RingRow {
        id,
        purpose: purpose.as_str().into(),
        state: RingKeyState::Pending.as_str().into(),
        kek_id: key.id().into(),
        wrapped,
        created_at: runtime.now().0,
    }
}

fn unwrapped(
    deployment: &str,
    row: &meta::RingRow,
    key: Option<&MasterKey>,
) -> Result<(Purpose, Secret), RingFault> {
    let purpose = row.purpose.parse::<Purpose>().ok();
    let opened = key.zip(purpose).and_then(|(key, purpose)| {
        let secret = key
            .unwrap(
                &associated_data(deployment, row.id, &row.purpose, &row.kek_id),
                &row.wrapped,
            )
            .ok()?;
        Some((purpose, secret))
    });
    match opened {
        Some((Purpose::Canary, secret)) if *secret != CANARY => Err(RingFault::Damaged),
        Some(opened) => Ok(opened),
        None if purpose == Some(Purpose::Canary) => Err(RingFault::Damaged),
        None => Err(RingFault::Altered(row.id)),
    }
}

fn associated_data(deployment: &str, id: i64, purpose: &str, kek_id: &str) -> CanonicalEncoder {
    CanonicalEncoder::of("rt/ring/v1")
        .text(deployment)
        .number(id)
        .text(purpose)
        .text(kek_id)
}
