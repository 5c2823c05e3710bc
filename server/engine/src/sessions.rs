//! Sessions and sign-ins in progress. Callers pass tokens; the database holds only keyed
//! digests and sealed values.

mod flows;
mod list;
mod refused;
mod revoke;

use domain::{Moment, PersonId, SessionId};
use zeroize::Zeroizing;

use crate::ctx::Origin;
use crate::keyring::{CanonicalEncoder, Purpose};
use crate::store::sessions::{self, SessionRow};
use crate::store::{device_requests, drafts};
use crate::{Engine, Error, Result};

pub use domain::session::{ABSOLUTE_SECONDS, IDLE_SECONDS, SessionKind};
pub use flows::FLOW_SECONDS;
pub(crate) use refused::RefusedSessions;

/// A use of the session is recorded at most this often.
const TOUCH_SECONDS: i64 = 60;

impl Engine {
    /// The keyed digest under which a token's row is stored.
    pub fn session_digest(&self, token: &[u8]) -> Vec<u8> {
        self.ring().lookup(Purpose::Session, token).1
    }

    /// The keyed digests by which a token's row is found: the one under the active key of the ring,
    /// and while that key is being replaced also those under the others.
    pub(crate) fn session_digests(&self, token: &[u8]) -> Vec<Vec<u8>> {
        self.ring()
            .digests(Purpose::Session, token)
            .map(|(_, digest)| digest.to_vec())
            .collect()
    }

    /// Stores a new session. False when its token is taken.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn insert_session(
        &self,
        token: &[u8],
        person: Option<PersonId>,
        from: &Origin,
        value: &[u8],
    ) -> Result<bool> {
        let row = self.new_session(SessionKind::Browser, token, person, from);
        let row = self.sealed_session(row, value);
        let mut tx = self.db().begin().await?;
        let is_added = sessions::insert(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(is_added)
    }

    /// The row of a session that starts now. It has no value yet.
    pub(crate) fn new_session(
        &self,
        kind: SessionKind,
        token: &[u8],
        person: Option<PersonId>,
        from: &Origin,
    ) -> SessionRow {
        let now = self.runtime().now();
        SessionRow {
            digest: self.session_digest(token),
            id: self.runtime().random_id(SessionId::PREFIX),
            person_id: person.map(|p| p.0),
            sealed: Vec::new(),
            created_at: now.0,
            seen_at: now.0,
            expires_at: now.plus_seconds(kind.absolute_seconds()).0,
            address: from.address.clone(),
            agent: from.agent.clone(),
            token_at: None,
            token_key: None,
            kind: kind.as_str().into(),
            refreshed_at: None,
        }
    }

    /// The row with this value.
    pub(crate) fn sealed_session(&self, row: SessionRow, value: &[u8]) -> SessionRow {
        let sealed = self.seal_value("sessions", &row.digest, &row.associated_data(), value);
        SessionRow { sealed, ..row }
    }

    /// Replaces the value of a session. False for a session that expired or was revoked meanwhile;
    /// it is not restored.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn update_session(
        &self,
        token: &[u8],
        person: Option<PersonId>,
        value: &[u8],
    ) -> Result<bool> {
        // An update needs no new disk space, and revoking a key in the browser must work on a full
        // disk.
        let mut tx = self.db().begin_on_reserve().await?;
        let mut found = None;
        for digest in self.session_digests(token) {
            found = sessions::lock(&mut tx, &digest).await?;
            if found.is_some() {
                break;
            }
        }
        let Some(row) = found.filter(|row| row.kind() == SessionKind::Browser) else {
            return Ok(false);
        };
        let row = SessionRow {
            person_id: person.map(|p| p.0),
            ..row
        };
        let row = self.sealed_session(row, value);

        let now = self.runtime().now();
        drop(self.delete_refused(&row));
        let is_updated = self.is_current(&row)
            && sessions::update(
                &mut tx,
                &row.digest,
                person,
                &row.sealed,
                now,
                now.plus_seconds(-IDLE_SECONDS),
            )
            .await?;
        tx.commit().await?;
        Ok(is_updated)
    }

    /// The value of a valid session, and when it expires at the latest. An altered row is treated
    /// as missing.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn find_session(&self, token: &[u8]) -> Result<Option<(Zeroizing<Vec<u8>>, Moment)>> {
        let now = self.runtime().now();
        let Some(row) = self.current_session(token).await? else {
            return Ok(None);
        };
        if now.seconds_since(Moment(row.seen_at)).abs() >= TOUCH_SECONDS {
            match self.touch_session(&row, now).await {
                // On a full disk a person can still read, and revoke keys.
                Err(Error::Busy(error)) if error.is_full() => {
                    tracing::debug!(%error, "the last use of a session was not recorded")
                }
                touched => touched?,
            }
        }
        Ok(self
            .open_session(&row)
            .map(|value| (value, row.latest_expiry())))
    }

    async fn touch_session(&self, row: &SessionRow, now: Moment) -> Result<()> {
        let mut tx = self.db().begin().await?;
        sessions::touch(&mut tx, &row.digest, now).await?;
        Ok(tx.commit().await?)
    }

    /// As [`Engine::find_session`], without counting as a use of the session: the request was made
    /// by a script, not by the person.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn peek_session(&self, token: &[u8]) -> Result<Option<(Zeroizing<Vec<u8>>, Moment)>> {
        let found = self.current_session(token).await?;
        Ok(found.and_then(|row| Some((self.open_session(&row)?, row.latest_expiry()))))
    }

    async fn current_session(&self, token: &[u8]) -> Result<Option<SessionRow>> {
        let found = self.find_session_row(token).await?;
        let Some(row) = found.filter(|row| row.kind() == SessionKind::Browser) else {
            return Ok(None);
        };
        if self.is_current(&row) {
            return self.under_active_key(row, token).await.map(Some);
        }
        if let Some(deleting) = self.delete_refused(&row) {
            // The caller is refused whether or not the row could be deleted.
            drop(deleting.await);
        }
        Ok(None)
    }

    pub(crate) async fn find_session_row(&self, token: &[u8]) -> Result<Option<SessionRow>> {
        let mut connection = self.db().read().await?;
        for digest in self.session_digests(token) {
            let found = sessions::find(&mut connection, &digest).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Moves a session to the digest under the active key of the ring, if it is still under an older
    /// one. Only its token can do that, so a session is moved when it is used.
    async fn under_active_key(&self, row: SessionRow, token: &[u8]) -> Result<SessionRow> {
        let active = self.ring().active_id(Purpose::Session);
        let is_older = self
            .ring()
            .digests(Purpose::Session, token)
            .any(|(id, digest)| id < active && row.digest == digest);
        let Some(value) = self.open_session(&row).filter(|_| is_older) else {
            return Ok(row);
        };
        let moved = SessionRow {
            digest: self.session_digest(token),
            refreshed_at: Some(self.runtime().now().0),
            ..row.clone()
        };
        let moved = self.sealed_session(moved, &value);
        // Like an update, it needs no new disk space.
        let mut tx = self.db().begin_on_reserve().await?;
        let is_moved = sessions::move_digest(&mut tx, &moved, &row).await?;
        tx.commit().await?;
        if is_moved {
            return Ok(moved);
        }
        // Another request has moved or changed it.
        let found = self.find_session_row(token).await?;
        Ok(found.unwrap_or(row))
    }

    /// Deletes a session.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_session(&self, token: &[u8]) -> Result<()> {
        self.retry_with_free_space(|| self.try_to_delete_session(token))
            .await
    }

    async fn try_to_delete_session(&self, token: &[u8]) -> Result<()> {
        let mut tx = self.db().begin_on_reserve().await?;
        for digest in self.session_digests(token) {
            sessions::delete(&mut tx, &digest).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Deletes expired sessions, sign-ins and drafts.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_expired_sessions(&self) -> Result<()> {
        self.delete_refused_sessions().await?;
        let now = self.runtime().now();
        let mut tx = self.db().begin().await?;
        sessions::delete_expired(&mut tx, now).await?;
        device_requests::delete_expired(&mut tx, now).await?;
        drafts::delete_expired(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Whether a session is valid: neither expired nor revoked nor altered.
    pub(crate) fn is_valid_session(&self, row: &SessionRow) -> bool {
        drop(self.delete_refused(row));
        self.is_current(row) && self.open_session(row).is_some()
    }

    /// The value of a session, unless its row was altered or put back after a revocation.
    pub(crate) fn open_session(&self, row: &SessionRow) -> Option<Zeroizing<Vec<u8>>> {
        if row.was_revoked(self.journal()) {
            tracing::error!(
                session = row.id,
                "integrity failure: the row of a revoked session was put back"
            );
            return None;
        }
        self.ring()
            .unseal(
                "sessions",
                &row.digest,
                &row.associated_data(),
                &row.sealed,
            )
            .ok()
    }

    pub(crate) fn seal_value(
        &self,
        table: &str,
        digest: &[u8],
        associated_data: &CanonicalEncoder,
        value: &[u8],
    ) -> Vec<u8> {
        self.ring().seal(
            self.runtime().bytes(),
            table,
            digest,
            associated_data,
            value,
        )
    }
}
