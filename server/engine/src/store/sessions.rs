//! Sessions and sign-ins in progress: found by keyed digests, and sealed.

use domain::session::SessionKind;
use domain::{Moment, PersonId, SessionId};

use super::{Connection, StoreError, Tx, execute, fetch};
use crate::journal::{Journal, Mark, Subject};
use crate::keyring::CanonicalEncoder;
use crate::runtime::SKEW_SECONDS;

/// One session.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SessionRow {
    pub digest: Vec<u8>,
    pub id: String,
    pub person_id: Option<i64>,
    pub sealed: Vec<u8>,
    pub created_at: i64,
    pub seen_at: i64,
    pub expires_at: i64,
    pub address: Option<String>,
    pub agent: Option<String>,
    /// When its newest ID token was issued, and which key signed it.
    pub token_at: Option<i64>,
    pub token_key: Option<String>,
    /// A word of [`SessionKind`].
    pub kind: String,
    /// When its digest was replaced last: a device refreshed it, or it was moved to another key of
    /// the ring.
    pub refreshed_at: Option<i64>,
}

impl SessionRow {
    /// Whether it has not expired. A session that begins in the future was begun while a clock was
    /// wrong.
    pub fn is_current(&self, now: Moment) -> bool {
        !self.has_expired(now) && self.created_at <= now.plus_seconds(SKEW_SECONDS).0
    }

    /// Whether it has expired, by idle time or by age. The age is computed from `created_at`, which
    /// is sealed.
    pub fn has_expired(&self, now: Moment) -> bool {
        let idle = now.seconds_since(Moment(self.seen_at)) >= self.kind().idle_seconds();
        idle || self.expires_at <= now.0 || self.latest_expiry().0 <= now.0
    }

    /// Whether the journal knows that it was revoked.
    pub fn was_revoked(&self, journal: &Journal) -> bool {
        journal.is_behind(&Subject::Session(self.id.clone()), 0)
    }

    /// When it expires at the latest.
    pub fn latest_expiry(&self) -> Moment {
        Moment(self.created_at).plus_seconds(self.kind().absolute_seconds())
    }

    /// Where it was started. A word that does not exist was written by an intruder, and its value
    /// cannot be opened.
    pub fn kind(&self) -> SessionKind {
        self.kind.parse().unwrap_or(SessionKind::Browser)
    }

    /// The associated data of its sealed value.
    pub fn associated_data(&self) -> CanonicalEncoder {
        // The label of the browser's sessions is older than the other kind.
        let label = match self.kind.as_str() {
            "browser" => "session",
            other => other,
        };
        CanonicalEncoder::of(label)
            .text(&self.id)
            .maybe_number(self.person_id)
            .number(self.created_at)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT digest, id, person_id, sealed, created_at, seen_at, expires_at, address, agent, token_at, token_key, \
             kind, refreshed_at FROM sessions ",
            $rest
        )
    };
}

/// Inserts a session. False when its digest is taken.
pub async fn insert(tx: &mut Tx, row: &SessionRow) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO sessions (digest, id, person_id, sealed, created_at, seen_at, expires_at, address, agent, kind) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (digest) DO NOTHING";
    let added = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.digest).bind(&row.id).bind(row.person_id).bind(&row.sealed).bind(row.created_at).bind(row.seen_at)
        .bind(row.expires_at).bind(&row.address).bind(&row.agent).bind(&row.kind).execute(conn))?;
    Ok(added == 1)
}

/// Updates a session. False for a session that was deleted or has expired meanwhile.
pub async fn update(
    tx: &mut Tx,
    digest: &[u8],
    person: Option<PersonId>,
    sealed: &[u8],
    seen: Moment,
    idle_since: Moment,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE sessions SET person_id = $2, sealed = $3, seen_at = $4 \
         WHERE digest = $1 AND expires_at > $4 AND seen_at > $5";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(digest).bind(person.map(|p| p.0)).bind(sealed).bind(seen.0).bind(idle_since.0).execute(conn))?;
    Ok(changed == 1)
}

/// Gives the session of a device another digest. The one before it is remembered.
pub async fn replace_digest(
    tx: &mut Tx,
    row: &SessionRow,
    digest: &[u8],
    sealed: &[u8],
    now: Moment,
) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE sessions SET digest = $2, sealed = $3, previous_digest = $1, refreshed_at = $4, \
         seen_at = $4 WHERE digest = $1";
    execute!(tx, conn => sqlx::query(SQL).bind(&row.digest).bind(digest).bind(sealed).bind(now.0).execute(conn))?;
    Ok(())
}

/// The session of a device, as [`find`]. Another refresh of it waits until the transaction ends.
pub async fn lock_device(tx: &mut Tx, digest: &[u8]) -> Result<Option<SessionRow>, StoreError> {
    const SQLITE: &str = select!("WHERE (digest = $1 OR previous_digest = $1) AND kind = 'device'");
    const POSTGRES: &str =
        select!("WHERE (digest = $1 OR previous_digest = $1) AND kind = 'device' FOR UPDATE");
    let sql = tx.either(SQLITE, POSTGRES);
    fetch!(tx, conn => sqlx::query_as(sql).bind(digest).fetch_optional(conn))
}

/// Records the token that was issued to a session. This counts as a use of the session.
pub async fn note_token(tx: &mut Tx, row: &SessionRow, seen: Moment) -> Result<(), StoreError> {
    const SQL: &str =
        "UPDATE sessions SET token_at = $2, token_key = $3, seen_at = $4 WHERE digest = $1";
    execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.digest).bind(row.token_at).bind(&row.token_key).bind(seen.0).execute(conn))?;
    Ok(())
}

pub async fn touch(tx: &mut Tx, digest: &[u8], seen: Moment) -> Result<(), StoreError> {
    execute!(tx, conn => sqlx::query("UPDATE sessions SET seen_at = $2 WHERE digest = $1").bind(digest).bind(seen.0).execute(conn))?;
    Ok(())
}

/// The session with this digest. A device that refreshed its session during a request is found by
/// the digest before.
pub async fn find(
    connection: &mut Connection,
    digest: &[u8],
) -> Result<Option<SessionRow>, StoreError> {
    const SQL: &str = select!("WHERE digest = $1 OR previous_digest = $1");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(digest).fetch_optional(conn))?)
}

/// As [`find`], and locks the session against deletion until the transaction ends. Its last use may
/// still be recorded.
pub async fn lock(tx: &mut Tx, digest: &[u8]) -> Result<Option<SessionRow>, StoreError> {
    const SQLITE: &str = select!("WHERE digest = $1 OR previous_digest = $1");
    const POSTGRES: &str = select!("WHERE digest = $1 OR previous_digest = $1 FOR KEY SHARE");
    let sql = tx.either(SQLITE, POSTGRES);
    fetch!(tx, conn => sqlx::query_as(sql).bind(digest).fetch_optional(conn))
}

/// A session by the id that its person sees.
pub async fn by_id(
    connection: &mut Connection,
    id: &SessionId,
) -> Result<Option<SessionRow>, StoreError> {
    const SQL: &str = select!("WHERE id = $1");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(conn))?)
}

/// The sessions of a person, the one used last first.
pub async fn of_person(
    connection: &mut Connection,
    person: PersonId,
) -> Result<Vec<SessionRow>, StoreError> {
    const SQL: &str = select!("WHERE person_id = $1 ORDER BY seen_at DESC, id");
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).bind(person.0).fetch_all(conn))?)
}

/// Deletes every session of a person. Gives their number.
pub async fn delete_of(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM sessions WHERE person_id = $1 RETURNING id, created_at";
    let gone: Vec<(String, i64)> =
        fetch!(tx, conn => sqlx::query_as(SQL).bind(person.0).fetch_all(conn))?;
    let number = gone.len() as u64;
    gone.into_iter()
        .for_each(|session| tx.mark(revoked(session)));
    Ok(number)
}

/// Deletes the session that has this digest, or had it before. Says whether there was one.
pub async fn delete(tx: &mut Tx, digest: &[u8]) -> Result<bool, StoreError> {
    const SQL: &str =
        "DELETE FROM sessions WHERE digest = $1 OR previous_digest = $1 RETURNING id, created_at";
    let gone: Option<(String, i64)> =
        fetch!(tx, conn => sqlx::query_as(SQL).bind(digest).fetch_optional(conn))?;
    let was_there = gone.is_some();
    gone.into_iter()
        .for_each(|session| tx.mark(revoked(session)));
    Ok(was_there)
}

/// Deletes every session.
pub async fn delete_all(tx: &mut Tx) -> Result<(), StoreError> {
    const SQL: &str = "DELETE FROM sessions RETURNING id, created_at";
    let gone: Vec<(String, i64)> = fetch!(tx, conn => sqlx::query_as(SQL).fetch_all(conn))?;
    gone.into_iter()
        .for_each(|session| tx.mark(revoked(session)));
    Ok(())
}

/// The journal entry of a deleted session. It is kept for as long as the row could be put back.
fn revoked((id, created_at): (String, i64)) -> Mark {
    Mark {
        at: created_at,
        ..Mark::revoked(Subject::Session(id))
    }
}

/// How many sessions have not expired.
pub async fn count(connection: &mut Connection, now: Moment) -> Result<i64, StoreError> {
    const SQL: &str =
        "SELECT COUNT(*) FROM sessions WHERE expires_at > $1 AND person_id IS NOT NULL";
    let (count,): (i64,) =
        fetch!(connection, conn => sqlx::query_as(SQL).bind(now.0).fetch_one(conn))?;
    Ok(count)
}

/// Deletes expired sessions and sign-ins.
pub async fn delete_expired(tx: &mut Tx, now: Moment) -> Result<(), StoreError> {
    const IDLE: &str = "DELETE FROM sessions WHERE kind = $1 AND seen_at <= $2";
    execute!(tx, conn => sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now.0).execute(conn))?;
    for kind in SessionKind::ALL {
        let idle_since = now.plus_seconds(-kind.idle_seconds());
        execute!(tx, conn => sqlx::query(IDLE).bind(kind.as_str()).bind(idle_since.0).execute(conn))?;
    }
    execute!(tx, conn => sqlx::query("DELETE FROM sign_in_flows WHERE expires_at <= $1").bind(now.0).execute(conn))?;
    Ok(())
}

pub async fn insert_flow(
    tx: &mut Tx,
    digest: &[u8],
    sealed: &[u8],
    expires: Moment,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO sign_in_flows (digest, sealed, expires_at) VALUES ($1, $2, $3)";
    execute!(tx, conn => sqlx::query(SQL).bind(digest).bind(sealed).bind(expires.0).execute(conn))?;
    Ok(())
}

/// Takes a sign-in in progress, once.
pub async fn take_flow(
    tx: &mut Tx,
    digest: &[u8],
    now: Moment,
) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "DELETE FROM sign_in_flows WHERE digest = $1 RETURNING sealed, expires_at";
    let row: Option<(Vec<u8>, i64)> =
        fetch!(tx, conn => sqlx::query_as(SQL).bind(digest).fetch_optional(conn))?;
    Ok(row
        .filter(|(_, expires)| *expires > now.0)
        .map(|(sealed, _)| sealed))
}

/// Sessions whose value was sealed with another ring key than this, in the order of their digests,
/// from `after` (exclusive) on. `ring_key` is its id in eight bytes.
pub async fn of_other_ring_keys(
    connection: &mut Connection,
    after: &[u8],
    ring_key: &[u8],
    limit: i64,
) -> Result<Vec<SessionRow>, StoreError> {
    const SQL: &str =
        select!("WHERE digest > $1 AND substr(sealed, 2, 8) <> $2 ORDER BY digest LIMIT $3");
    fetch!(connection, conn => sqlx::query_as(SQL).bind(after).bind(ring_key).bind(limit).fetch_all(conn))
}

/// Writes the sealed value of a session, unless it was changed since it was read as `before`. Says
/// whether it was written.
pub async fn reseal(
    tx: &mut Tx,
    row: &SessionRow,
    before: &SessionRow,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE sessions SET sealed = $3 WHERE digest = $1 AND sealed = $2";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&row.digest).bind(&before.sealed).bind(&row.sealed).execute(conn))?;
    Ok(changed == 1)
}

/// Gives the session of a browser the digest under another ring key, unless it was changed since it
/// was read as `before`. It is still found by the digest before, because another server may not use
/// the key yet. Says whether it was written.
pub async fn move_digest(
    tx: &mut Tx,
    row: &SessionRow,
    before: &SessionRow,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE sessions SET digest = $3, sealed = $4, previous_digest = $1, refreshed_at = $5 \
         WHERE digest = $1 AND sealed = $2";
    let changed = execute!(tx, conn => sqlx::query(SQL)
        .bind(&before.digest).bind(&before.sealed).bind(&row.digest).bind(&row.sealed).bind(row.refreshed_at)
        .execute(conn))?;
    Ok(changed == 1)
}
