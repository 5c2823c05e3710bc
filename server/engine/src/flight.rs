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
pub struct Flight {
    sky: Arc<Mutex<Sky>>,
    landed: Arc<Notify>,
}

#[derive(Default)]
struct Sky {
    next: u64,
    ended: u64,
    aloft: HashMap<KeyId, HashMap<u64, CancellationToken>>,
}

/// A request in the air; dropping it lands it.
pub struct Pass {
    /// Which request.
    pub id: u64,
    key: KeyId,
    token: CancellationToken,
    flight: Flight,
}

impl Flight {
    /// How often keys were ended so far. Read it before looking at a key's state; [`Flight::enter`] says whether
    /// that look may be out of date.
    pub fn epoch(&self) -> u64 {
        self.sky().ended
    }

    /// Lets a request take off, and says whether any key was ended since `epoch`.
    pub fn enter(&self, key: KeyId, epoch: u64) -> (Pass, bool) {
        let mut sky = self.sky();
        sky.next += 1;
        let id = sky.next;
        let token = CancellationToken::new();
        sky.aloft.entry(key).or_default().insert(id, token.clone());
        (Pass { id, key, token, flight: self.clone() }, sky.ended != epoch)
    }

    /// Ends every request with this key but `except`, and waits until they are gone, one second at the most.
    pub async fn end(&self, key: KeyId, except: Option<u64>) {
        self.end_all(&[key], except).await;
    }

    /// As [`Flight::end`], for several keys at once.
    pub async fn end_all(&self, keys: &[KeyId], except: Option<u64>) {
        keys.iter().for_each(|&key| self.cancel(key, except));
        let gone = async {
            loop {
                let landed = self.landed.notified();
                if keys.iter().all(|&key| self.others(key, except) == 0) {
                    return;
                }
                landed.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, gone).await;
    }

    /// How many requests with this key are in the air, not counting `except`.
    pub fn others(&self, key: KeyId, except: Option<u64>) -> usize {
        self.sky().aloft.get(&key).map_or(0, |passes| passes.keys().filter(|&&id| Some(id) != except).count())
    }

    fn cancel(&self, key: KeyId, except: Option<u64>) {
        let mut sky = self.sky();
        sky.ended += 1;
        let passes = sky.aloft.get(&key).into_iter().flatten();
        passes.filter(|(id, _)| Some(**id) != except).for_each(|(_, token)| token.cancel());
    }

    fn sky(&self) -> std::sync::MutexGuard<'_, Sky> {
        self.sky.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// Resolves when the key is ended.
    pub async fn cancelled(&self) {
        self.token.cancelled().await;
    }

    /// Whether the key has been ended.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut sky = self.flight.sky();
        if let Some(passes) = sky.aloft.get_mut(&self.key) {
            passes.remove(&self.id);
            if passes.is_empty() {
                sky.aloft.remove(&self.key);
            }
        }
        drop(sky);
        self.flight.landed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RK-24
    #[tokio::test]
    async fn rk_24_ending_a_key_cancels_its_requests_and_waits_for_them() {
        let flight = Flight::default();
        let (pass, stale) = flight.enter(KeyId(1), flight.epoch());
        assert!(!stale);
        let (bystander, _) = flight.enter(KeyId(2), flight.epoch());
        let running = tokio::spawn(async move {
            pass.cancelled().await;
        });
        flight.end(KeyId(1), None).await;
        assert_eq!(flight.others(KeyId(1), None), 0);
        running.await.expect("ended");
        assert!(!bystander.is_cancelled());
    }

    #[tokio::test]
    async fn a_key_that_ends_itself_does_not_wait_for_itself() {
        let flight = Flight::default();
        let before = flight.epoch();
        let (pass, _) = flight.enter(KeyId(1), before);
        flight.end(KeyId(1), Some(pass.id)).await;
        assert!(!pass.is_cancelled());
        let (_late, stale) = flight.enter(KeyId(1), before);
        assert!(stale, "a look at the key from before the end must be repeated");
    }
}
