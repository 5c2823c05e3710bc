//! Browser sessions: a store for tower-sessions. The database has only a keyed digest of the
//! session ID, the value is encrypted, and a revoked session cannot be saved again.

use async_trait::async_trait;
use domain::PersonId;
use engine::Engine;
use engine::ctx::Origin;
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{SessionManagerLayer, SessionStore};

use super::AppState;

/// The session key of the person.
pub const PERSON: &str = "person";
/// The session key of the sign-in time in milliseconds.
pub const SIGNED_IN_AT: &str = "signed_in_at";

/// The session key of the IP address at sign-in.
pub const ADDRESS: &str = "address";
/// The session key of the user agent at sign-in.
pub const AGENT: &str = "agent";

/// The session store.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    /// Whether loading a session extends it.
    touches: bool,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// The name of the session cookie over HTTPS.
pub const SECURE_COOKIE: &str = "__Host-rt_session";

/// The name of the session cookie.
pub fn cookie_name(state: &AppState) -> &'static str {
    if state.is_https() {
        SECURE_COOKIE
    } else {
        "rt_session"
    }
}

/// The layer that loads the session of a request. Over HTTPS the cookie is `__Host-rt_session` and
/// `Secure`.
pub fn layer(state: &AppState) -> SessionManagerLayer<Store> {
    manager(state, true)
}

/// The same for requests that an open page sends on its own: they do not extend the session.
pub fn without_touch(state: &AppState) -> SessionManagerLayer<Store> {
    manager(state, false)
}

fn manager(state: &AppState, touches: bool) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(Store {
        engine: state.engine.clone(),
        touches,
    })
    .with_name(cookie_name(state))
    .with_secure(state.is_https())
    .with_http_only(true)
    .with_same_site(SameSite::Lax)
    .with_path("/")
}

/// The session ID as the engine takes it.
pub fn token(id: Id) -> [u8; 16] {
    id.0.to_be_bytes()
}

impl Store {
    fn random_id(&self) -> Id {
        Id(i128::from_be_bytes(self.engine.runtime().bytes()))
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let value = encode(record)?;
        let from = origin(record);
        // The record of a flushed session still has its old ID, so a new one is always generated.
        record.id = self.random_id();
        while !self
            .engine
            .insert_session(&token(record.id), person(record), &from, &value)
            .await
            .map_err(backend)?
        {
            record.id = self.random_id();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let kept = self
            .engine
            .update_session(&token(record.id), person(record), &encode(record)?)
            .await
            .map_err(backend)?;
        if !kept {
            tracing::debug!("a revoked session was not saved");
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = match self.touches {
            true => self.engine.find_session(&token(*id)).await,
            false => self.engine.peek_session(&token(*id)).await,
        };
        let Some((value, expires_at)) = found.map_err(backend)? else {
            return Ok(None);
        };
        let data = serde_json::from_slice(&value).map_err(|e| Error::Decode(e.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(expires_at.0 / 1000)
            .map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.engine
            .delete_session(&token(*id))
            .await
            .map_err(backend)
    }
}

fn person(record: &Record) -> Option<PersonId> {
    record
        .data
        .get(PERSON)
        .and_then(Value::as_i64)
        .map(PersonId)
}

/// The origin of the sign-in, for the user's list of sessions.
fn origin(record: &Record) -> Origin {
    let text = |name| {
        record
            .data
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    Origin {
        address: text(ADDRESS),
        agent: text(AGENT),
        ..Origin::default()
    }
}

fn encode(record: &Record) -> Result<Vec<u8>> {
    serde_json::to_vec(&record.data).map_err(|e| Error::Encode(e.to_string()))
}

fn backend(error: engine::Error) -> Error {
    Error::Backend(error.to_string())
}
