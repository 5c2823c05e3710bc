//! The requests that run with a key at this moment, so that revoking it can end them (decision D23).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::KeyId;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How long a revocation waits for the requests it cancelled; after that their connections are dropped anyway.
const PATIENCE: Duration = Duration::from_secs(1);

/// The requests in the air, by key. Cheap to clone.
#[derive(Clone, Default)]
pub struct InFlightRequests {
    registry: Arc<Mutex<Registry>>,
    finished: Arc<Notify>,
}

#[derive(Default)]
struct Registry {
    next: u64,
    ended: u64,
    running: HashMap<KeyId, HashMap<u64, CancellationToken>>,
}

/// A request in the air; dropping it lands it.
pub struct RequestGuard {
    /// Which request.
    pub id: u64,
    key: KeyId,
    token: CancellationToken,
    in_flight: InFlightRequests,
}

impl InFlightRequests {
    /// How often keys were ended so far. Read it before looking at a key's state; [`InFlightRequests::enter`] says whether
    /// that look may be out of date.
    pub fn epoch(&self) -> u64 {
        self.registry().ended
    }

    /// Lets a request take off, and says whether any key was ended since `epoch`.
    pub fn enter(&self, key: KeyId, epoch: u64) -> (RequestGuard, bool) {
        let mut registry = self.registry();
        registry.next += 1;
        let id = registry.next;
        let token = CancellationToken::new();
        registry.running.entry(key).or_default().insert(id, token.clone());
        (RequestGuard { id, key, token, in_flight: self.clone() }, registry.ended != epoch)
    }

    /// Ends every request with this key but `except`, and waits until they are gone, one second at the most.
    pub async fn end(&self, key: KeyId, except: Option<u64>) {
        self.end_all(&[key], except).await;
    }

    /// As [`InFlightRequests::end`], for several keys at once.
    pub async fn end_all(&self, keys: &[KeyId], except: Option<u64>) {
        keys.iter().for_each(|&key| self.cancel(key, except));
        let gone = async {
            loop {
                let finished = self.finished.notified();
                if keys.iter().all(|&key| self.others(key, except) == 0) {
                    return;
                }
                finished.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, gone).await;
    }

    /// How many requests with this key are in the air, not counting `except`.
    pub fn others(&self, key: KeyId, except: Option<u64>) -> usize {
        self.registry().running.get(&key).map_or(0, |passes| passes.keys().filter(|&&id| Some(id) != except).count())
    }

    fn cancel(&self, key: KeyId, except: Option<u64>) {
        let mut registry = self.registry();
        registry.ended += 1;
        let passes = registry.running.get(&key).into_iter().flatten();
        passes.filter(|(id, _)| Some(**id) != except).for_each(|(_, token)| token.cancel());
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestGuard {
    /// Resolves when the key is ended.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Whether the key has been ended.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let mut registry = self.in_flight.registry();
        if let Some(passes) = registry.running.get_mut(&self.key) {
            passes.remove(&self.id);
            if passes.is_empty() {
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
    async fn rk_24_ending_a_key_cancels_its_requests_and_waits_for_them() {
        let in_flight = InFlightRequests::default();
        let (pass, stale) = in_flight.enter(KeyId(1), in_flight.epoch());
        assert!(!stale);
        let (bystander, _) = in_flight.enter(KeyId(2), in_flight.epoch());
        let running = tokio::spawn(async move {
            pass.cancelled().await;
        });
        in_flight.end(KeyId(1), None).await;
        assert_eq!(in_flight.others(KeyId(1), None), 0);
        running.await.expect("ended");
        assert!(!bystander.is_cancelled());
    }

    #[tokio::test]
    async fn a_key_that_ends_itself_does_not_wait_for_itself() {
        let in_flight = InFlightRequests::default();
        let before = in_flight.epoch();
        let (pass, _) = in_flight.enter(KeyId(1), before);
        in_flight.end(KeyId(1), Some(pass.id)).await;
        assert!(!pass.is_cancelled());
        let (_late, stale) = in_flight.enter(KeyId(1), before);
        assert!(stale, "a look at the key from before the end must be repeated");
    }
}
