//! The public keys of the provider, fetched on demand and cached.

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
const MIN_AGE_SECONDS: i64 = 5 * 60;
const MAX_AGE_SECONDS: i64 = 24 * 3600;
/// How long an expired key set is still used while a new one cannot be fetched.
const GRACE_MS: i64 = 24 * 3_600_000;
/// The pause between attempts to fetch the first key set.
const COLD_PAUSE_MS: i64 = 10_000;

/// The key set at a URL. Only one fetch runs at a time. Tokens with a known key do not wait for a
/// fetch.
pub(crate) struct Keys {
    url: Url,
    http: reqwest::Client,
    clock: Clock,
    cache: Mutex<Cache>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Cache {
    set: Option<KeySet>,
    tried_at: Option<i64>,
    /// When the set was last fetched because a token did not match it.
    refetched_at: Option<i64>,
    /// The number of sets that have been fetched.
    fetched: u64,
}

struct KeySet {
    named: HashMap<String, DecodingKey>,
    /// The key of a set with exactly one key.
    only: Option<DecodingKey>,
    fresh_until: i64,
}

/// A key and the number of its set.
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
    pub fn new(url: Url, http: reqwest::Client, clock: Clock) -> Self {
        let cache = Mutex::default();
        let fetching = tokio::sync::Mutex::default();
        Self {
            url,
            http,
            clock,
            cache,
            fetching,
        }
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Verifies the signature of a token with the key of its key ID. A provider that was set up
    /// again may use the same key ID for another key. So the set is fetched again after a wrong
    /// signature, at most once a minute.
    pub async fn verify(&self, token: &Unverified<'_>) -> Result<Map<String, Value>, Failure> {
        let kid = token.kid.as_deref();
        let found = self.find(kid).await?;
        match token.verify(&found.key) {
            Err(Failure::BadSignature) => {
                let key = self
                    .replaced(kid, &found)
                    .await
                    .ok_or(Failure::BadSignature)?;
                token.verify(&key)
            }
            checked => checked,
        }
    }

    /// The key with this key ID in a newer set than that of `tried`, if there is one.
    async fn replaced(&self, kid: Option<&str>, tried: &Found) -> Option<DecodingKey> {
        let _turn = self.fetching.lock().await;
        let now = (self.clock)();
        let is_newer = self.cache().fetched > tried.fetched;
        if !is_newer {
            if !passed(self.cache().refetched_at, MINUTE_MS, now) {
                return None;
            }
            self.cache().refetched_at = Some(now);
            if let Err(failure) = self.fetch().await {
                tracing::warn!(%failure, url = %self.url, "the key set could not be fetched after a wrong signature");
                return None;
            }
        }
        self.cache().known(kid).map(|found| found.key)
    }

    /// Finds the key with this key ID. Fetches the set if there is none, if it has expired, or if
    /// it lacks the key ID. Without a key ID, the key is that of a set with exactly one key.
    async fn find(&self, kid: Option<&str>) -> Result<Found, Failure> {
        match self.next_step(kid) {
            Step::Use(key) => Ok(key),
            Step::Refuse(_) | Step::Fetch => self.find_by_fetching(kid).await,
            Step::RefreshOrUse(key) => Ok(self.refresh(kid).await.unwrap_or(key)),
        }
    }

    /// Refreshes an expired set unless another task does so already. During an outage the old set
    /// is kept.
    async fn refresh(&self, kid: Option<&str>) -> Option<Found> {
        let _turn = self.fetching.try_lock().ok()?;
        match self.fetch().await {
            Ok(()) => self.cache().known(kid),
            Err(failure) => {
                tracing::warn!(%failure, url = %self.url, "the key set could not be refreshed; the old one is used");
                None
            }
        }
    }

    /// Waits for its turn and checks again, because the task before it may have fetched the key.
    async fn find_by_fetching(&self, kid: Option<&str>) -> Result<Found, Failure> {
        let _turn = self.fetching.lock().await;
        match self.next_step(kid) {
            Step::Use(key) | Step::RefreshOrUse(key) => return Ok(key),
            Step::Refuse(failure) => return Err(failure),
            Step::Fetch => {}
        }
        self.cache().note_unknown((self.clock)());
        self.fetch().await?;
        self.cache()
            .known(kid)
            .ok_or_else(|| unknown(kid))
    }

    async fn fetch(&self) -> Result<(), Failure> {
        self.cache().tried_at = Some((self.clock)());
        let answer = web::get(&self.http, &self.url).await?;
        let (named, only) = read_set(&answer.body)?;
        let age = answer.max_age_seconds.unwrap_or(MIN_AGE_SECONDS);
        let age = age.clamp(MIN_AGE_SECONDS, MAX_AGE_SECONDS);
        let fresh_until = (self.clock)() + age * 1000;
        let mut cache = self.cache();
        cache.set = Some(KeySet {
            named,
            only,
            fresh_until,
        });
        cache.fetched += 1;
        Ok(())
    }

    fn next_step(&self, kid: Option<&str>) -> Step {
        self.cache().next_step(kid, (self.clock)())
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache {
    fn next_step(&self, kid: Option<&str>, now: i64) -> Step {
        let Some(set) = self
            .set
            .as_ref()
            .filter(|set| now < set.fresh_until + GRACE_MS)
        else {
            return match passed(self.tried_at, COLD_PAUSE_MS, now) {
                true => Step::Fetch,
                false => Step::Refuse(Failure::ProviderUnreachable(
                    "the key set could not be fetched a moment ago".into(),
                )),
            };
        };
        match self.known(kid) {
            Some(found) if now < set.fresh_until => Step::Use(found),
            Some(found) if passed(self.tried_at, MINUTE_MS, now) => Step::RefreshOrUse(found),
            Some(found) => Step::Use(found),
            None if passed(self.refetched_at, MINUTE_MS, now) => Step::Fetch,
            None => Step::Refuse(unknown(kid)),
        }
    }

    fn known(&self, kid: Option<&str>) -> Option<Found> {
        let set = self.set.as_ref()?;
        let key = match kid {
            Some(kid) => set
                .named
                .get(kid)
                .or_else(|| set.only.as_ref().filter(|_| set.named.is_empty()))?,
            None => set.only.as_ref()?,
        };
        Some(Found {
            key: key.clone(),
            fetched: self.fetched,
        })
    }

    /// The first fetch does not count, so that a key that is rotated right after it is still found.
    fn note_unknown(&mut self, now: i64) {
        if self.set.is_some() {
            self.refetched_at = Some(now);
        }
    }
}

/// Treats a clock that was set back like one that was set forward. Otherwise a pause could last
/// forever.
fn passed(since: Option<i64>, pause: i64, now: i64) -> bool {
    since.is_none_or(|since| now.abs_diff(since) >= pause.unsigned_abs())
}

fn unknown(kid: Option<&str>) -> Failure {
    if kid.is_some() {
        Failure::UnknownKid
    } else {
        Failure::MissingKid
    }
}

/// The keys by key ID, and the key of a set with exactly one key.
type ReadSet = (HashMap<String, DecodingKey>, Option<DecodingKey>);

/// Parses a JWK set and keeps the RSA signing keys. Of two keys with the same key ID the first is
/// used. A key without a key ID is used only if it is the only key (OpenID Connect Core, 10.1).
fn read_set(body: &[u8]) -> Result<ReadSet, Failure> {
    let malformed = || Failure::ProviderMalformed("key set".into());
    let set = json::parse_object(body).map_err(|_| malformed())?;
    let list = set
        .get("keys")
        .and_then(Value::as_array)
        .ok_or_else(malformed)?;
    let all: Vec<_> = list
        .iter()
        .filter_map(Value::as_object)
        .filter_map(read_key)
        .collect();
    let only = if let [(_, key)] = all.as_slice() {
        Some(key.clone())
    } else {
        None
    };
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

/// A big-endian number without leading zeros, as the verification requires.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[start..].to_vec())
}
