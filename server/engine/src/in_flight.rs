//! The requests in flight by API key, so that a change which weakens a key, or its owner, cancels
//! them (decision D23).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::{ActorId, KeyId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// How long a change waits for the requests that it cancelled. Later responses are withheld anyway.
const PATIENCE: Duration = Duration::from_secs(1);
/// Requests of different keys rarely wait for each other.
const SHARDS: usize = 64;

/// Whose authority a change concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// One key.
    Key(KeyId),
    /// Every key of an owner.
    Owner(ActorId),
}

impl Authority {
    fn covers(self, key: KeyId, owner: ActorId) -> bool {
        match self {
            Self::Key(id) => id == key,
            Self::Owner(id) => id == owner,
        }
    }
}

/// The requests in flight. Cheap to clone.
#[derive(Clone)]
pub struct InFlightRequests {
    inner: Arc<Inner>,
}

struct Inner {
    shards: Vec<Mutex<Shard>>,
    next: AtomicU64,
    finished: Notify,
}

type Shard = HashMap<KeyId, Vec<Running>>;

struct Running {
    id: u64,
    owner: ActorId,
    token: CancellationToken,
}

/// Registers a request until it is dropped.
pub struct RequestGuard {
    /// The number of the request.
    pub id: u64,
    key: KeyId,
    token: CancellationToken,
    in_flight: InFlightRequests,
}

impl Default for InFlightRequests {
    fn default() -> Self {
        let inner = Inner {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            next: AtomicU64::new(1),
            finished: Notify::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }
}

impl InFlightRequests {
    /// Registers a request with a key of this owner.
    pub fn register(&self, key: KeyId, owner: ActorId) -> RequestGuard {
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let token = CancellationToken::new();
        let running = Running {
            id,
            owner,
            token: token.clone(),
        };
        self.shard(key)
            .entry(key)
            .or_default()
            .push(running);
        RequestGuard {
            id,
            key,
            token,
            in_flight: self.clone(),
        }
    }

    /// Cancels every request that depends on one of these, except one.
    pub fn cancel(&self, ended: &[Authority], except: Option<u64>) {
        if ended.is_empty() {
            return;
        }
        for shard in &self.inner.shards {
            for (key, requests) in lock(shard).iter() {
                let concerned = requests.iter().filter(|running| {
                    ended
                        .iter()
                        .any(|one| one.covers(*key, running.owner))
                });
                concerned
                    .filter(|running| Some(running.id) != except)
                    .for_each(|running| running.token.cancel());
            }
        }
    }

    /// Waits up to one second until every cancelled request is finished.
    pub async fn wait_for_cancelled(&self) {
        let all_finished = async {
            loop {
                let mut finished = std::pin::pin!(self.inner.finished.notified());
                finished.as_mut().enable();
                if !self.has_cancelled() {
                    return;
                }
                finished.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, all_finished).await;
    }

    fn has_cancelled(&self) -> bool {
        self.inner.shards.iter().any(|shard| {
            lock(shard)
                .values()
                .flatten()
                .any(|running| running.token.is_cancelled())
        })
    }

    /// How many requests run with a key.
    pub fn count(&self, key: KeyId) -> usize {
        self.shard(key).get(&key).map_or(0, Vec::len)
    }

    fn shard(&self, key: KeyId) -> MutexGuard<'_, Shard> {
        let number = usize::try_from(key.0.unsigned_abs() % SHARDS as u64).unwrap_or_default();
        lock(&self.inner.shards[number])
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl RequestGuard {
    /// Resolves when the key is weakened: revoked, expired or narrowed, or its owner.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Whether the request was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let mut shard = self.in_flight.shard(self.key);
        if let Some(requests) = shard.get_mut(&self.key) {
            requests.retain(|running| running.id != self.id);
            if requests.is_empty() {
                shard.remove(&self.key);
            }
        }
        drop(shard);
        if self.token.is_cancelled() {
            self.in_flight.inner.finished.notify_waiters();
        }
    }
}
