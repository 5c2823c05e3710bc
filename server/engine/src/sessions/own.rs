//! A person's own sessions: seeing them, and ending them. Nobody reaches anyone else's.

use domain::event::{AuditAction, Event};
use domain::view::SessionView;
use domain::{Actor, Moment, SessionId};

use crate::ctx::{Caller, Origin};
use crate::reauthorize::reauthorize_person;
use crate::store::sessions::{self, SessionRow};
use crate::store::{StoreError, Tx, parse_column};
use crate::{Engine, Error, Result};

impl Engine {
    /// Where the caller is signed in, the session used last first.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_sessions(&self, caller: &Caller) -> Result<Vec<SessionView>> {
        let rows = sessions::of_person(&mut self.db().read().await?, caller.person).await?;
        let views: std::result::Result<_, _> = self.standing(rows).map(|row| view(row, caller)).collect();
        Ok(views?)
    }

    /// Ends one of the caller's sessions, and with it the tokens it gave out.
    ///
    /// # Errors
    /// `NotFound` when the caller has no such session, `Unauthenticated` when theirs has ended.
    pub async fn revoke_session(&self, caller: &Caller, id: &SessionId, origin: &Origin) -> Result<()> {
        let ended = self.end_sessions(caller, origin, "revoked", |row| row.id == id.as_str()).await?;
        if ended == 0 { Err(Error::NotFound) } else { Ok(()) }
    }

    /// Ends every session of the caller but the one they are in; gives their number.
    ///
    /// # Errors
    /// `Unauthenticated` when theirs has ended.
    pub async fn revoke_other_sessions(&self, caller: &Caller, origin: &Origin) -> Result<usize> {
        self.end_sessions(caller, origin, "revoked", |row| !is_current(row, caller)).await
    }

    /// Ends the session that the caller is in.
    ///
    /// # Errors
    /// `Unauthenticated` when it has ended.
    pub async fn sign_out(&self, caller: &Caller, origin: &Origin) -> Result<()> {
        self.end_sessions(caller, origin, "signed_out", |row| is_current(row, caller)).await.map(drop)
    }

    /// Ends those of the caller's sessions that are meant, each with its event in every organization of theirs.
    async fn end_sessions(
        &self,
        caller: &Caller,
        origin: &Origin,
        reason: &str,
        meant: impl Fn(&SessionRow) -> bool,
    ) -> Result<usize> {
        self.making_room(|| self.try_to_end_sessions(caller, origin, reason, &meant)).await
    }

    async fn try_to_end_sessions(
        &self,
        caller: &Caller,
        origin: &Origin,
        reason: &str,
        meant: impl Fn(&SessionRow) -> bool,
    ) -> Result<usize> {
        let mut tx = self.db().begin_on_reserve().await?;
        self.lock_chain_heads(&mut tx, caller.person, None).await?;
        reauthorize_person(self, &mut tx, caller).await?;
        let rows = sessions::of_person(&mut tx, caller.person).await?;
        let mut ended = 0;
        for row in self.standing(rows).filter(|row| meant(row)) {
            if sessions::delete(&mut tx, &row.digest).await? {
                self.note_end(&mut tx, caller, origin, &row, reason).await?;
                ended += 1;
            }
        }
        tx.commit().await?;
        Ok(ended)
    }

    async fn note_end(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        origin: &Origin,
        row: &SessionRow,
        reason: &str,
    ) -> Result<()> {
        let event = |actor: &Actor| {
            Event::new(AuditAction::SessionEnded, "session", &row.id, &actor.name).changed("reason", None, Some(reason))
        };
        self.journal_everywhere(tx, caller.person, origin, event).await
    }

    /// Those of the rows that still let someone in.
    fn standing(&self, rows: Vec<SessionRow>) -> impl Iterator<Item = SessionRow> {
        rows.into_iter().filter(|row| self.stands(row))
    }
}

fn is_current(row: &SessionRow, caller: &Caller) -> bool {
    caller.credential.session() == Some(row.digest.as_slice())
}

fn view(row: SessionRow, caller: &Caller) -> std::result::Result<SessionView, StoreError> {
    Ok(SessionView {
        id: parse_column(&row.id, "sessions.id")?,
        is_current: is_current(&row, caller),
        signed_in_at: Moment(row.created_at),
        last_seen: Moment(row.seen_at),
        expires_at: row.ends_at(),
        address: row.address,
        agent: row.agent,
    })
}
