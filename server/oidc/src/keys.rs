//! The provider's public keys, fetched when needed and remembered.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};
use url::Url;

use crate::{Clock, Failure, json, web};

const MINUTE_MS: i64 = 60_000;
const SHORTEST_AGE_SECONDS: i64 = 5 * 60;
const LONGEST_AGE_SECONDS: i64 = 24 * 3600;
/// How long keys are still used after their age while no newer set can be had.
const GRACE_MS: i64 = 24 * 3_600_000;
/// Pause between attempts while no set has been had yet.
const COLD_PAUSE_MS: i64 = 10_000;

/// The keys published at one address. One fetch runs at a time; known keys are never kept waiting by an unknown one.
pub(crate) struct Keys {
    address: Url,
    http: reqwest::Client,
    clock: Clock,
    memory: Mutex<Memory>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Memory {
    set: Option<KeySet>,
    tried_at: Option<i64>,
    asked_for_unknown_at: Option<i64>,
}

struct KeySet {
    keys: HashMap<String, DecodingKey>,
    fresh_until: i64,
}

enum Step {
    Use(DecodingKey),
    RefreshOrUse(DecodingKey),
    Fetch,
    Refuse(Failure),
}

impl Keys {
    pub fn new(address: Url, http: reqwest::Client, clock: Clock) -> Self {
        let memory = Mutex::default();
        let fetching = tokio::sync::Mutex::default();
        Self { address, http, clock, memory, fetching }
    }

    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Finds the key with this name, fetching the set when it is absent, old, or lacks the name.
    pub async fn find(&self, kid: &str) -> Result<DecodingKey, Failure> {
        match self.next_step(kid) {
            Step::Use(key) => Ok(key),
            Step::Refuse(_) | Step::Fetch => self.find_by_fetching(kid).await,
            Step::RefreshOrUse(key) => Ok(self.refresh(kid).await.unwrap_or(key)),
        }
    }

    /// Renews an old set unless someone already does; an outage is no reason to forget a known key.
    async fn refresh(&self, kid: &str) -> Option<DecodingKey> {
        let _turn = self.fetching.try_lock().ok()?;
        match self.fetch().await {
            Ok(()) => self.memory().known(kid).cloned(),
            Err(failure) => {
                tracing::warn!(%failure, address = %self.address, "keys could not be renewed; the old ones are used");
                None
            }
        }
    }

    /// Waits for a turn and looks again: whoever went before may have fetched the key.
    async fn find_by_fetching(&self, kid: &str) -> Result<DecodingKey, Failure> {
        let _turn = self.fetching.lock().await;
        match self.next_step(kid) {
            Step::Use(key) | Step::RefreshOrUse(key) => return Ok(key),
            Step::Refuse(failure) => return Err(failure),
            Step::Fetch => {}
        }
        self.memory().note_unknown((self.clock)());
        self.fetch().await?;
        self.memory().known(kid).cloned().ok_or(Failure::UnknownKid)
    }

    async fn fetch(&self) -> Result<(), Failure> {
        self.memory().tried_at = Some((self.clock)());
        let answer = web::get(&self.http, &self.address).await?;
        let keys = read_set(&answer.body)?;
        let age = answer.max_age_seconds.unwrap_or(SHORTEST_AGE_SECONDS);
        let age = age.clamp(SHORTEST_AGE_SECONDS, LONGEST_AGE_SECONDS);
        let fresh_until = (self.clock)() + age * 1000;
        self.memory().set = Some(KeySet { keys, fresh_until });
        Ok(())
    }

    fn next_step(&self, kid: &str) -> Step {
        self.memory().next_step(kid, (self.clock)())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn next_step(&self, kid: &str, now: i64) -> Step {
        let Some(set) = self.set.as_ref().filter(|set| now < set.fresh_until + GRACE_MS) else {
            return match passed(self.tried_at, COLD_PAUSE_MS, now) {
                true => Step::Fetch,
                false => Step::Refuse(Failure::ProviderUnreachable("tried a moment ago".into())),
            };
        };
        match set.keys.get(kid) {
            Some(key) if now < set.fresh_until => Step::Use(key.clone()),
            Some(key) if passed(self.tried_at, MINUTE_MS, now) => Step::RefreshOrUse(key.clone()),
            Some(key) => Step::Use(key.clone()),
            None if passed(self.asked_for_unknown_at, MINUTE_MS, now) => Step::Fetch,
            None => Step::Refuse(Failure::UnknownKid),
        }
    }

    fn known(&self, kid: &str) -> Option<&DecodingKey> {
        self.set.as_ref()?.keys.get(kid)
    }

    /// A first fetch does not count, so that a key rotated just after it is still found.
    fn note_unknown(&mut self, now: i64) {
        if self.set.is_some() {
            self.asked_for_unknown_at = Some(now);
        }
    }
}

/// Counts a clock set back by as much as one set forward, lest a pause last for ever.
fn passed(since: Option<i64>, pause: i64, now: i64) -> bool {
    since.is_none_or(|since| now.abs_diff(since) >= pause.unsigned_abs())
}

/// Reads a JWK set, keeping RSA signing keys. Of two keys with one name the first counts.
fn read_set(body: &[u8]) -> Result<HashMap<String, DecodingKey>, Failure> {
    let malformed = || Failure::ProviderMalformed("key set".into());
    let set = json::parse_object(body).map_err(|_| malformed())?;
    let list = set.get("keys").and_then(Value::as_array).ok_or_else(malformed)?;
    let mut keys = HashMap::new();
    for (kid, key) in list.iter().filter_map(Value::as_object).filter_map(read_key) {
        keys.entry(kid).or_insert(key);
    }
    Ok(keys)
}

fn read_key(jwk: &Map<String, Value>) -> Option<(String, DecodingKey)> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let signs = text("kty") == Some("RSA")
        && matches!(text("use"), None | Some("sig"))
        && matches!(text("alg"), None | Some("RS256"));
    let kid = text("kid").filter(|kid| !kid.is_empty() && signs)?;
    let key = DecodingKey::from_rsa_raw_components(&number(text("n")?)?, &number(text("e")?)?);
    Some((kid.to_owned(), key))
}

/// A big-endian number without leading zeros, which the signature check demands.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[start..].to_vec())
}
