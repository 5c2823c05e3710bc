//! The keys in memory, and the requests that run with them.
//!
//! A key is read from the database once, and then admitted from memory until something changes it.
//! So memory must never be behind an acknowledged change. The difficult case: a request reads the
//! old row, a revocation commits and drops the key from memory, and then the request would keep
//! the old row. Therefore:
//!
//! - [`KeyTable::generation`] is noted before the row is read. [`KeyTable::admit_read`] keeps the
//!   row only if no change was announced since, under the lock that an announcement takes.
//! - A request is registered before it looks at whether its key is still current. An announcement
//!   first drops the key, then cancels the registered requests. So a request either sees that its
//!   key was dropped, or is cancelled.
//! - A change that does not weaken a key now can still concern a request in flight: a key that
//!   expires earlier must not be answered after that. So the request sees that the entry is no
//!   longer current, and reads the key again before its response.

use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::{ActorId, KeyId};
use foldhash::fast::RandomState;
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, UnitWeighter};

use crate::in_flight::{Authority, InFlightRequests, KeyAuthority, RequestGuard};
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// The keyed digest by which a key is found.
pub type Digest = [u8; 32];

/// Something that changed what a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorityChange {
    /// What was changed.
    pub of: Authority,
    /// Whether it may do less than before, so that requests in flight must end.
    pub weakens: bool,
}

/// A key in memory.
pub struct CachedEntry<V> {
    /// The key, its owner and its API.
    pub of: KeyAuthority,
    /// When it was read, on the monotonic clock.
    pub read_at: Duration,
    /// What a check needs.
    pub value: V,
    digest: Digest,
    is_dropped: AtomicBool,
}

/// A key with which a request was admitted, and the request.
pub type Admitted<V> = (Arc<CachedEntry<V>>, RequestGuard);

/// The keys in memory, up to a limit, and the requests in flight.
pub struct KeyTable<V> {
    cached: Cache<Digest, Arc<CachedEntry<V>>, UnitWeighter, RandomState, Evictions<V>>,
    index: Mutex<Index<V>>,
    /// Changes with `index` locked.
    generation: AtomicU64,
    in_flight: InFlightRequests,
}

struct Index<V> {
    by_key: HashMap<KeyId, Arc<CachedEntry<V>>>,
    by_owner: HashMap<ActorId, HashSet<KeyId>>,
    limit: usize,
}

/// Collects the entries that an insertion evicts.
struct Evictions<V>(PhantomData<fn() -> V>);

impl<V> Clone for Evictions<V> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<V> Lifecycle<Digest, Arc<CachedEntry<V>>> for Evictions<V> {
    type RequestState = Vec<Arc<CachedEntry<V>>>;

    fn begin_request(&self) -> Self::RequestState {
        Vec::new()
    }

    fn on_evict(&self, evicted: &mut Self::RequestState, _: Digest, entry: Arc<CachedEntry<V>>) {
        evicted.push(entry);
    }
}

impl<V> KeyTable<V> {
    /// A table that keeps up to `limit` keys; 0 keeps none.
    pub fn new(limit: usize) -> Self {
        let cached = Cache::with(
            limit.max(1),
            limit.max(1) as u64,
            UnitWeighter,
            RandomState::default(),
            Evictions(PhantomData),
        );
        Self {
            cached,
            index: Mutex::new(Index {
                by_key: HashMap::new(),
                by_owner: HashMap::new(),
                limit,
            }),
            generation: AtomicU64::new(0),
            in_flight: InFlightRequests::default(),
        }
    }

    /// Changes how many keys are kept, and drops those that are.
    pub fn set_limit(&self, limit: usize) {
        self.clear();
        self.cached.set_capacity(limit.max(1) as u64);
        self.index().limit = limit;
    }

    /// The requests in flight.
    pub const fn in_flight(&self) -> &InFlightRequests {
        &self.in_flight
    }

    /// How many keys are in memory.
    pub fn len(&self) -> usize {
        self.index().by_key.len()
    }

    /// The number of the newest change. Note it before a row is read.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Admits a request whose key is in memory.
    pub fn admit_cached(&self, digest: &Digest) -> Option<Admitted<V>> {
        let entry = self.cached.get(digest)?;
        let guard = self.in_flight.register(entry.of);
        if entry.is_current() {
            Some((entry, guard))
        } else {
            None
        }
    }

    /// Admits a request whose key was read after `generation`, and keeps the key. None if something
    /// changed since: the row has to be read again.
    pub fn admit_read(
        &self,
        generation: u64,
        digest: Digest,
        of: KeyAuthority,
        read_at: Duration,
        value: V,
    ) -> Option<Admitted<V>> {
        let guard = self.in_flight.register(of);
        let mut index = self.index();
        if self.generation.load(Ordering::SeqCst) != generation {
            return None;
        }
        let entry = Arc::new(CachedEntry {
            of,
            read_at,
            value,
            digest,
            // A change is announced only to the entries that are kept.
            is_dropped: AtomicBool::new(index.limit == 0),
        });
        if index.limit > 0 {
            index.insert(entry.clone());
            // The evicted entries are no longer announced, so nobody may be admitted with them.
            for evicted in self
                .cached
                .insert_with_lifecycle(digest, entry.clone())
            {
                index.remove_if_same(&evicted);
            }
        }
        Some((entry, guard))
    }

    /// Some key of an owner that is in memory.
    pub fn some_of(&self, owner: ActorId) -> Option<Arc<CachedEntry<V>>> {
        let index = self.index();
        let key = index.by_owner.get(&owner)?.iter().next()?;
        index.by_key.get(key).cloned()
    }

    /// Drops the keys that were changed, and cancels the requests in flight of those that were
    /// weakened, except one. From the return on, no request is admitted with the earlier state.
    pub fn announce(&self, changes: &[AuthorityChange], except: Option<u64>) {
        let mut index = self.index();
        self.generation.fetch_add(1, Ordering::SeqCst);
        for change in changes {
            for entry in index.remove(change.of) {
                self.forget(&entry);
            }
        }
        drop(index);
        self.in_flight.cancel(&weakened(changes), except);
    }

    /// Drops a key that is too old, unless it was replaced.
    pub fn expire(&self, entry: &Arc<CachedEntry<V>>) {
        self.index().remove_if_same(entry);
        self.forget(entry);
    }

    /// Drops every key. Rows that are being read are not kept.
    pub fn clear(&self) {
        let mut index = self.index();
        self.generation.fetch_add(1, Ordering::SeqCst);
        for (_, entry) in index.by_key.drain() {
            entry.mark_dropped();
        }
        index.by_owner.clear();
        self.cached.clear();
    }

    fn forget(&self, entry: &Arc<CachedEntry<V>>) {
        self.cached
            .remove_if(&entry.digest, |kept| Arc::ptr_eq(kept, entry));
    }

    fn index(&self) -> MutexGuard<'_, Index<V>> {
        self.index
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What may do less after these changes.
pub fn weakened(changes: &[AuthorityChange]) -> Vec<Authority> {
    changes
        .iter()
        .filter(|change| change.weakens)
        .map(|change| change.of)
        .collect()
}

impl<V> CachedEntry<V> {
    /// Whether the key is as it was read. If not, its row has to be read again.
    pub fn is_current(&self) -> bool {
        !self.is_dropped.load(Ordering::SeqCst)
    }

    fn mark_dropped(&self) {
        self.is_dropped.store(true, Ordering::SeqCst);
    }
}

/// An entry that leaves the index is marked as dropped: a request may still hold it.
impl<V> Index<V> {
    fn insert(&mut self, entry: Arc<CachedEntry<V>>) {
        let KeyAuthority { key, owner, .. } = entry.of;
        self.by_owner
            .entry(owner)
            .or_default()
            .insert(key);
        if let Some(replaced) = self.by_key.insert(key, entry) {
            replaced.mark_dropped();
        }
    }

    fn remove(&mut self, authority: Authority) -> Vec<Arc<CachedEntry<V>>> {
        let keys: Vec<_> = match authority {
            Authority::Key(key) => vec![key],
            Authority::Owner(owner) => self
                .by_owner
                .get(&owner)
                .into_iter()
                .flatten()
                .copied()
                .collect(),
            // An API changes rarely, so its keys are not indexed.
            Authority::Api(_) => self
                .by_key
                .values()
                .filter(|entry| authority.covers(entry.of))
                .map(|entry| entry.of.key)
                .collect(),
        };
        keys.into_iter()
            .filter_map(|key| self.remove_key(key))
            .collect()
    }

    fn remove_key(&mut self, key: KeyId) -> Option<Arc<CachedEntry<V>>> {
        let entry = self.by_key.remove(&key)?;
        entry.mark_dropped();
        if let Some(keys) = self.by_owner.get_mut(&entry.of.owner) {
            keys.remove(&key);
            if keys.is_empty() {
                self.by_owner.remove(&entry.of.owner);
            }
        }
        Some(entry)
    }

    fn remove_if_same(&mut self, entry: &Arc<CachedEntry<V>>) {
        let is_same = self
            .by_key
            .get(&entry.of.key)
            .is_some_and(|kept| Arc::ptr_eq(kept, entry));
        if is_same {
            self.remove_key(entry.of.key);
        }
    }
}
