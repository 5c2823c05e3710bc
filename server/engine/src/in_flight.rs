//! The requests in flight by API key, so that a change which weakens a key, or its owner, cancels
//! them (decision D23).

use std::sync::Arc;
use std::time::Duration;

use domain::{ActorId, ApiId, KeyId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::sharded::Sharded;
use crate::sync::atomic::{AtomicU64, Ordering};

/// How long a change waits for the requests that it cancelled. Later responses are withheld anyway.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whose authority a change concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// One key.
    Key(KeyId),
    /// Every key of an owner.
    Owner(ActorId),
    /// Every key for an API.
    Api(ApiId),
}

/// A key, and what its authority depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyAuthority {
    /// The key.
    pub key: KeyId,
    /// Its owner.
    pub owner: ActorId,
    /// The API that it is for, unless it is a key of Roundtable itself.
    pub api: Option<ApiId>,
}

impl Authority {
    /// Whether the authority of this key depends on it.
    pub fn covers(self, of: KeyAuthority) -> bool {
        match self {
            Self::Key(id) => id == of.key,
            Self::Owner(id) => id == of.owner,
            Self::Api(id) => Some(id) == of.api,
        }
    }
}

/// The requests in flight. Cheap to clone.
#[derive(Clone, Default)]
pub struct InFlightRequests {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    running: Sharded<Vec<Running>>,
    next: AtomicU64,
    finished: Notify,
}

struct Running {
    id: u64,
    of: KeyAuthority,
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

impl InFlightRequests {
    /// Registers a request with a key.
    pub fn register(&self, of: KeyAuthority) -> RequestGuard {
        let key = of.key;
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let token = CancellationToken::new();
        let running = Running {
            id,
            of,
            token: token.clone(),
        };
        self.inner
            .running
            .of(key)
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
        for part in self.inner.running.parts() {
            for requests in part.values() {
                let concerned = requests
                    .iter()
                    .filter(|running| ended.iter().any(|one| one.covers(running.of)));
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
        self.inner.running.parts().any(|part| {
            part.values()
                .flatten()
                .any(|running| running.token.is_cancelled())
        })
    }

    /// How many requests run.
    pub fn total(&self) -> usize {
        let parts = self.inner.running.parts();
        parts
            .map(|part| part.values().map(Vec::len).sum::<usize>())
            .sum()
    }

    /// How many requests run with a key.
    pub fn count(&self, key: KeyId) -> usize {
        self.inner
            .running
            .of(key)
            .get(&key)
            .map_or(0, Vec::len)
    }
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
        let mut part = self.in_flight.inner.running.of(self.key);
        if let Some(requests) = part.get_mut(&self.key) {
            requests.retain(|running| running.id != self.id);
            if requests.is_empty() {
                part.remove(&self.key);
            }
        }
        drop(part);
        if self.token.is_cancelled() {
            self.in_flight.inner.finished.notify_waiters();
        }
    }
}
