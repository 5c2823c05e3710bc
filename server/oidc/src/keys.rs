//! The provider's public keys, fetched when needed and remembered.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};
use url::Url;

use crate::{Clock, Failure, json, token::Unverified, web};

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
    /// When the set was asked for again because a token did not fit it.
    asked_again_at: Option<i64>,
    /// How many sets have been had.
    fetched: u64,
}

struct KeySet {
    named: HashMap<String, DecodingKey>,
    /// The only key of the set, if there is one only.
    only: Option<DecodingKey>,
    fresh_until: i64,
}

/// A key, and the set it is from.
#[derive(Clone)]
struct Found {
    key: DecodingKey,
    fetched: u64,
}

enum Step {
    Use(Found),
    RefreshOrUse(Found),
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

    /// Checks a token's signature with the key it names. Providers that start anew may publish another key under the
    /// same name: a wrong signature has the set fetched again, at most once a minute.
    pub async fn verify(&self, token: &Unverified<'_>) -> Result<Map<String, Value>, Failure> {
        let kid = token.kid.as_deref();
        let found = self.find(kid).await?;
        match token.verify(&found.key) {
            Err(Failure::BadSignature) => {
                let key = self.replaced(kid, &found).await.ok_or(Failure::BadSignature)?;
                token.verify(&key)
            }
            checked => checked,
        }
    }

    /// The key of that name in a set newer than the one of `tried`, if there is one.
    async fn replaced(&self, kid: Option<&str>, tried: &Found) -> Option<DecodingKey> {
        let _turn = self.fetching.lock().await;
        let now = (self.clock)();
        let is_newer = self.memory().fetched > tried.fetched;
        if !is_newer {
            if !passed(self.memory().asked_again_at, MINUTE_MS, now) {
                return None;
            }
            self.memory().asked_again_at = Some(now);
            if let Err(failure) = self.fetch().await {
                tracing::warn!(%failure, address = %self.address, "keys could not be fetched after a wrong signature");
                return None;
            }
        }
        self.memory().known(kid).map(|found| found.key)
    }

    /// Finds the key with this name, fetching the set when it is absent, old, or lacks the name. Without a name it is
    /// the only key there is.
    async fn find(&self, kid: Option<&str>) -> Result<Found, Failure> {
        match self.next_step(kid) {
            Step::Use(key) => Ok(key),
            Step::Refuse(_) | Step::Fetch => self.find_by_fetching(kid).await,
            Step::RefreshOrUse(key) => Ok(self.refresh(kid).await.unwrap_or(key)),
        }
    }

    /// Renews an old set unless someone already does; an outage is no reason to forget a known key.
    async fn refresh(&self, kid: Option<&str>) -> Option<Found> {
        let _turn = self.fetching.try_lock().ok()?;
        match self.fetch().await {
            Ok(()) => self.memory().known(kid),
            Err(failure) => {
                tracing::warn!(%failure, address = %self.address, "keys could not be renewed; the old ones are used");
                None
            }
        }
    }

    /// Waits for a turn and looks again: whoever went before may have fetched the key.
    async fn find_by_fetching(&self, kid: Option<&str>) -> Result<Found, Failure> {
        let _turn = self.fetching.lock().await;
        match self.next_step(kid) {
            Step::Use(key) | Step::RefreshOrUse(key) => return Ok(key),
            Step::Refuse(failure) => return Err(failure),
            Step::Fetch => {}
        }
        self.memory().note_unknown((self.clock)());
        self.fetch().await?;
        self.memory().known(kid).ok_or_else(|| unknown(kid))
    }

    async fn fetch(&self) -> Result<(), Failure> {
        self.memory().tried_at = Some((self.clock)());
        let answer = web::get(&self.http, &self.address).await?;
        let (named, only) = read_set(&answer.body)?;
        let age = answer.max_age_seconds.unwrap_or(SHORTEST_AGE_SECONDS);
        let age = age.clamp(SHORTEST_AGE_SECONDS, LONGEST_AGE_SECONDS);
        let fresh_until = (self.clock)() + age * 1000;
        let mut memory = self.memory();
        memory.set = Some(KeySet { named, only, fresh_until });
        memory.fetched += 1;
        Ok(())
    }

    fn next_step(&self, kid: Option<&str>) -> Step {
        self.memory().next_step(kid, (self.clock)())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn next_step(&self, kid: Option<&str>, now: i64) -> Step {
        let Some(set) = self.set.as_ref().filter(|set| now < set.fresh_until + GRACE_MS) else {
            return match passed(self.tried_at, COLD_PAUSE_MS, now) {
                true => Step::Fetch,
                false => Step::Refuse(Failure::ProviderUnreachable("tried a moment ago".into())),
            };
        };
        match self.known(kid) {
            Some(found) if now < set.fresh_until => Step::Use(found),
            Some(found) if passed(self.tried_at, MINUTE_MS, now) => Step::RefreshOrUse(found),
            Some(found) => Step::Use(found),
            None if passed(self.asked_again_at, MINUTE_MS, now) => Step::Fetch,
            None => Step::Refuse(unknown(kid)),
        }
    }

    fn known(&self, kid: Option<&str>) -> Option<Found> {
        let set = self.set.as_ref()?;
        let key = match kid {
            Some(kid) => set.named.get(kid).or_else(|| set.only.as_ref().filter(|_| set.named.is_empty()))?,
            None => set.only.as_ref()?,
        };
        Some(Found { key: key.clone(), fetched: self.fetched })
    }

    /// A first fetch does not count, so that a key rotated just after it is still found.
    fn note_unknown(&mut self, now: i64) {
        if self.set.is_some() {
            self.asked_again_at = Some(now);
        }
    }
}

/// Counts a clock set back by as much as one set forward, lest a pause last for ever.
fn passed(since: Option<i64>, pause: i64, now: i64) -> bool {
    since.is_none_or(|since| now.abs_diff(since) >= pause.unsigned_abs())
}

fn unknown(kid: Option<&str>) -> Failure {
    if kid.is_some() { Failure::UnknownKid } else { Failure::MissingKid }
}

/// The keys by name, and the only key if there is one only.
type ReadSet = (HashMap<String, DecodingKey>, Option<DecodingKey>);

/// Reads a JWK set, keeping RSA signing keys. Of two keys with one name the first counts; a key without a name counts
/// where it is the only one (OpenID Connect Core, 10.1).
fn read_set(body: &[u8]) -> Result<ReadSet, Failure> {
    let malformed = || Failure::ProviderMalformed("key set".into());
    let set = json::parse_object(body).map_err(|_| malformed())?;
    let list = set.get("keys").and_then(Value::as_array).ok_or_else(malformed)?;
    let all: Vec<_> = list.iter().filter_map(Value::as_object).filter_map(read_key).collect();
    let only = if let [(_, key)] = all.as_slice() { Some(key.clone()) } else { None };
    let mut named = HashMap::new();
    for (kid, key) in all {
        if let Some(kid) = kid {
            named.entry(kid).or_insert(key);
        }
    }
    Ok((named, only))
}

fn read_key(jwk: &Map<String, Value>) -> Option<(Option<String>, DecodingKey)> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let signs = text("kty") == Some("RSA")
        && matches!(text("use"), None | Some("sig"))
        && matches!(text("alg"), None | Some("RS256"));
    if !signs {
        return None;
    }
    let kid = text("kid").filter(|kid| !kid.is_empty());
    let key = DecodingKey::from_rsa_raw_components(&number(text("n")?)?, &number(text("e")?)?);
    Some((kid.map(str::to_owned), key))
}

/// A big-endian number without leading zeros, which the signature check demands.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[start..].to_vec())
}
