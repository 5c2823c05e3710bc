//! The requests in flight by API key, so that revoking a key cancels them (decision D23).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::KeyId;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How long a revocation waits for the requests it cancelled. Later responses are withheld anyway.
const PATIENCE: Duration = Duration::from_secs(1);

/// The requests in flight, by key. Cheap to clone.
#[derive(Clone, Default)]
pub struct InFlightRequests {
    registry: Arc<Mutex<Registry>>,
    finished: Arc<Notify>,
}

#[derive(Default)]
struct Registry {
    next: u64,
    cancellations: u64,
    running: HashMap<KeyId, HashMap<u64, CancellationToken>>,
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
    /// How often keys were cancelled so far. Read it before the state of a key;
    /// [`InFlightRequests::register`] says whether that state may be stale.
    pub fn epoch(&self) -> u64 {
        self.registry().cancellations
    }

    /// Registers a request, and says whether any key was cancelled since `epoch`.
    pub fn register(&self, key: KeyId, epoch: u64) -> (RequestGuard, bool) {
        let mut registry = self.registry();
        registry.next += 1;
        let id = registry.next;
        let token = CancellationToken::new();
        registry
            .running
            .entry(key)
            .or_default()
            .insert(id, token.clone());
        (
            RequestGuard {
                id,
                key,
                token,
                in_flight: self.clone(),
            },
            registry.cancellations != epoch,
        )
    }

    /// Cancels every request with this key except one, and waits up to one second until they are
    /// finished.
    pub async fn cancel(&self, key: KeyId, except: Option<u64>) {
        self.cancel_all(&[key], except).await;
    }

    /// As [`InFlightRequests::cancel`], for several keys.
    pub async fn cancel_all(&self, keys: &[KeyId], except: Option<u64>) {
        for &key in keys {
            self.signal(key, except);
        }
        let all_finished = async {
            loop {
                let finished = self.finished.notified();
                if keys
                    .iter()
                    .all(|&key| self.count_others(key, except) == 0)
                {
                    return;
                }
                finished.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, all_finished).await;
    }

    /// How many requests with this key are in flight, not counting `except`.
    pub fn count_others(&self, key: KeyId, except: Option<u64>) -> usize {
        let registry = self.registry();
        let requests = registry.running.get(&key);
        requests.map_or(0, |requests| {
            requests
                .keys()
                .filter(|&&id| Some(id) != except)
                .count()
        })
    }

    fn signal(&self, key: KeyId, except: Option<u64>) {
        let mut registry = self.registry();
        registry.cancellations += 1;
        for (id, token) in registry.running.get(&key).into_iter().flatten() {
            if Some(*id) != except {
                token.cancel();
            }
        }
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestGuard {
    /// Resolves when the key is revoked or expires.
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
        let mut registry = self.in_flight.registry();
        if let Some(requests) = registry.running.get_mut(&self.key) {
            requests.remove(&self.id);
            if requests.is_empty() {
                registry.running.remove(&self.key);
            }
        }
        drop(registry);
        self.in_flight.finished.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RK-24
    #[tokio::test]
    async fn cancelling_a_key_cancels_its_requests_and_waits_for_them() {
        let in_flight = InFlightRequests::default();
        let (guard, is_stale) = in_flight.register(KeyId(1), in_flight.epoch());
        assert!(!is_stale);
        let (bystander, _) = in_flight.register(KeyId(2), in_flight.epoch());
        let running = tokio::spawn(async move {
            guard.cancelled().await;
        });
        in_flight.cancel(KeyId(1), None).await;
        assert_eq!(in_flight.count_others(KeyId(1), None), 0);
        running.await.expect("cancelled");
        assert!(!bystander.is_cancelled());
    }

    #[tokio::test]
    async fn a_request_that_revokes_its_own_key_does_not_wait_for_itself() {
        let in_flight = InFlightRequests::default();
        let before = in_flight.epoch();
        let (guard, _) = in_flight.register(KeyId(1), before);
        in_flight.cancel(KeyId(1), Some(guard.id)).await;
        assert!(!guard.is_cancelled());
        let (_late, is_stale) = in_flight.register(KeyId(1), before);
        assert!(
            is_stale,
            "the state of the key from before the cancellation is stale"
        );
    }
}
