//! Browser sessions: tower-sessions over our own table. Only a keyed digest of the id is stored, the value is sealed,
//! and a session that was ended does not come back.

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

/// Where a session keeps its person.
pub const PERSON: &str = "person";
/// Where a session keeps when its person signed in, in milliseconds.
pub const SIGNED_IN_AT: &str = "signed_in_at";

/// Where a session keeps the address that it was begun from.
pub const ADDRESS: &str = "address";
/// Where a session keeps the user agent that it was begun with.
pub const AGENT: &str = "agent";

/// Sessions over the engine's table.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    /// Whether loading a session is a use of it.
    counts: bool,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// The cookie that bears the session.
pub fn cookie_name(state: &AppState) -> &'static str {
    if state.is_https() { "__Host-rt_session" } else { "rt_session" }
}

/// The layer that gives a request its session. Over HTTPS the cookie is `__Host-rt_session` and `Secure`.
pub fn layer(state: &AppState) -> SessionManagerLayer<Store> {
    manager(state, true)
}

/// The same for what goes on by itself while a page is open: it does not keep the session alive.
pub fn without_touch(state: &AppState) -> SessionManagerLayer<Store> {
    manager(state, false)
}

fn manager(state: &AppState, counts: bool) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(Store { engine: state.engine.clone(), counts })
        .with_name(cookie_name(state))
        .with_secure(state.is_https())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
}

/// The token of a session, as the engine takes it.
pub fn token(id: Id) -> [u8; 16] {
    id.0.to_be_bytes()
}

impl Store {
    fn draw(&self) -> Id {
        Id(i128::from_be_bytes(self.engine.runtime().bytes()))
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (value, from) = (encode(record)?, origin(record));
        // Never an id that the record comes with: one that was flushed comes with its old one.
        record.id = self.draw();
        while !self.engine.insert_session(&token(record.id), person(record), &from, &value).await.map_err(backend)? {
            record.id = self.draw();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let kept =
            self.engine.update_session(&token(record.id), person(record), &encode(record)?).await.map_err(backend)?;
        if !kept {
            tracing::debug!("a session that was ended is not saved");
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = match self.counts {
            true => self.engine.find_session(&token(*id)).await,
            false => self.engine.peek_session(&token(*id)).await,
        };
        let Some((value, ends)) = found.map_err(backend)? else { return Ok(None) };
        let data = serde_json::from_slice(&value).map_err(|e| Error::Decode(e.to_string()))?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp(ends.0 / 1000).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.engine.delete_session(&token(*id)).await.map_err(backend)
    }
}

fn person(record: &Record) -> Option<PersonId> {
    record.data.get(PERSON).and_then(Value::as_i64).map(PersonId)
}

/// Where the session was begun, for the list that its person sees.
fn origin(record: &Record) -> Origin {
    let text = |name| record.data.get(name).and_then(Value::as_str).map(str::to_owned);
    Origin { address: text(ADDRESS), agent: text(AGENT), ..Origin::default() }
}

fn encode(record: &Record) -> Result<Vec<u8>> {
    serde_json::to_vec(&record.data).map_err(|e| Error::Encode(e.to_string()))
}

fn backend(error: engine::Error) -> Error {
    Error::Backend(error.to_string())
}
