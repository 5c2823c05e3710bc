//! Browser sessions and sign-ins under way. Tokens come in, only keyed digests and sealed values are kept.

use domain::{Moment, PersonId, SessionId};
use zeroize::Zeroizing;

use crate::ctx::Origin;
use crate::keyring::{CanonicalEncoder, Purpose};
use crate::store::sessions::{self, SessionRow};
use crate::store::{Tx, drafts};
use crate::{Engine, Error, Result};

mod own;
mod refused;

pub(crate) use refused::RefusedSessions;

/// A session ends this long after sign-in, whatever happens: 12 hours.
pub const ABSOLUTE_SECONDS: i64 = 12 * 60 * 60;
/// A session ends this long after it was last seen: one hour.
pub const IDLE_SECONDS: i64 = 60 * 60;
/// A sign-in must be done within ten minutes.
pub const FLOW_SECONDS: i64 = 10 * 60;
/// How often being seen is written down.
const TOUCH_SECONDS: i64 = 60;

impl Engine {
    /// The keyed digest by which a token's row is found.
    pub fn session_digest(&self, token: &[u8]) -> Vec<u8> {
        self.ring().lookup(Purpose::Session, token).1
    }

    /// Keeps a new session, begun from somewhere; false when its token is taken.
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
        let now = self.runtime().now();
        let row = SessionRow {
            digest: self.session_digest(token),
            id: self.runtime().random_id(SessionId::PREFIX),
            person_id: person.map(|p| p.0),
            sealed: Vec::new(),
            created_at: now.0,
            seen_at: now.0,
            expires_at: now.plus_seconds(ABSOLUTE_SECONDS).0,
            address: from.address.clone(),
            agent: from.agent.clone(),
            token_at: None,
            token_key: None,
        };
        let row = SessionRow { sealed: self.seal_in("sessions", &row.digest, &row.place(), value), ..row };
        let mut tx = self.db().begin().await?;
        let added = sessions::insert(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Writes a session that exists; one that was ended or ran out meanwhile stays ended, and false is the answer.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn update_session(&self, token: &[u8], person: Option<PersonId>, value: &[u8]) -> Result<bool> {
        let digest = self.session_digest(token);
        // It takes the place of what is there, and goes with revoking in a browser.
        let mut tx = self.db().begin_on_reserve().await?;
        let Some(row) = sessions::lock(&mut tx, &digest).await? else { return Ok(false) };
        let row = SessionRow { person_id: person.map(|p| p.0), ..row };
        let sealed = self.seal_in("sessions", &digest, &row.place(), value);
        let now = self.runtime().now();
        drop(self.remove_refused(&row));
        let kept = self.is_live(&row)
            && sessions::update(&mut tx, &digest, person, &sealed, now, now.plus_seconds(-IDLE_SECONDS)).await?;
        tx.commit().await?;
        Ok(kept)
    }

    /// The value of a live session and when it ends at the latest.
    ///
    /// # Errors
    /// `Busy`; an altered row is as good as none.
    pub async fn find_session(&self, token: &[u8]) -> Result<Option<(Zeroizing<Vec<u8>>, Moment)>> {
        let now = self.runtime().now();
        let Some(row) = self.live_session(token).await? else { return Ok(None) };
        if now.seconds_since(Moment(row.seen_at)).abs() >= TOUCH_SECONDS {
            match self.touch_session(&row, now).await {
                // A person who is signed in can still look and revoke while nothing else can be written.
                Err(Error::Busy(error)) if error.is_full() => {
                    tracing::debug!(%error, "a session was not noted as seen")
                }
                touched => touched?,
            }
        }
        Ok(self.open_session(&row).map(|value| (value, row.ends_at())))
    }

    async fn touch_session(&self, row: &SessionRow, now: Moment) -> Result<()> {
        let mut tx = self.db().begin().await?;
        sessions::touch(&mut tx, &row.digest, now).await?;
        Ok(tx.commit().await?)
    }

    /// As [`Engine::find_session`], and the session was not seen by it: what asks is no person.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn peek_session(&self, token: &[u8]) -> Result<Option<(Zeroizing<Vec<u8>>, Moment)>> {
        let found = self.live_session(token).await?;
        Ok(found.and_then(|row| Some((self.open_session(&row)?, row.ends_at()))))
    }

    async fn live_session(&self, token: &[u8]) -> Result<Option<SessionRow>> {
        let found = sessions::find(&mut self.db().read().await?, &self.session_digest(token)).await?;
        let Some(row) = found else { return Ok(None) };
        if self.is_live(&row) {
            return Ok(Some(row));
        }
        if let Some(removing) = self.remove_refused(&row) {
            // Whether it could be removed changes nothing for the caller.
            drop(removing.await);
        }
        Ok(None)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_session(&self, token: &[u8]) -> Result<()> {
        self.making_room(|| self.try_to_delete_session(token)).await
    }

    async fn try_to_delete_session(&self, token: &[u8]) -> Result<()> {
        let mut tx = self.db().begin_on_reserve().await?;
        sessions::delete(&mut tx, &self.session_digest(token)).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps what a sign-in needs when the browser comes back, for ten minutes.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn begin_flow(&self, token: &[u8], value: &[u8]) -> Result<()> {
        let digest = self.session_digest(token);
        let sealed = self.seal_in("sign_in_flows", &digest, &flow_place(), value);
        let mut tx = self.db().begin().await?;
        sessions::insert_flow(&mut tx, &digest, &sealed, self.runtime().now().plus_seconds(FLOW_SECONDS)).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a sign-in up again, once.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn take_flow(&self, token: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let digest = self.session_digest(token);
        let mut tx = self.db().begin().await?;
        let sealed = sessions::take_flow(&mut tx, &digest, self.runtime().now()).await?;
        tx.commit().await?;
        let opened = sealed.map(|sealed| self.ring().unseal("sign_in_flows", &digest, &flow_place(), &sealed));
        Ok(opened.and_then(std::result::Result::ok))
    }

    /// Removes sessions, sign-ins and drafts that have run out.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_expired_sessions(&self) -> Result<()> {
        self.remove_refused_sessions().await?;
        let now = self.runtime().now();
        let mut tx = self.db().begin().await?;
        sessions::sweep(&mut tx, now, now.plus_seconds(-IDLE_SECONDS)).await?;
        drafts::sweep(&mut tx, now).await?;
        Ok(tx.commit().await?)
    }

    /// Whether a session still lets its person in.
    pub(crate) fn stands(&self, row: &SessionRow) -> bool {
        drop(self.remove_refused(row));
        self.is_live(row) && self.open_session(row).is_some()
    }

    /// The value of a session, if its row is as it was left: an altered one is as good as none.
    fn open_session(&self, row: &SessionRow) -> Option<Zeroizing<Vec<u8>>> {
        if row.was_ended(self.journal()) {
            tracing::error!(session = row.id, "integrity failure: the row of an ended session was put back");
            return None;
        }
        self.ring().unseal("sessions", &row.digest, &row.place(), &row.sealed).ok()
    }

    fn seal_in(&self, table: &str, digest: &[u8], place: &CanonicalEncoder, value: &[u8]) -> Vec<u8> {
        self.ring().seal(self.runtime().bytes(), table, digest, place, value)
    }
}

/// Ends every session of a person who was taken out, and with the sessions their tokens; gives their number. What took
/// the person out is what the log tells.
pub(crate) async fn end_sessions_of(tx: &mut Tx, person: PersonId) -> Result<u64> {
    Ok(sessions::delete_of(tx, person).await?)
}

fn flow_place() -> CanonicalEncoder {
    CanonicalEncoder::of("session")
}
