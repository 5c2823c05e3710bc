//! Revoking the caller's own sessions, and signing out. Nobody reaches the sessions of another
//! person.

use domain::event::{AuditAction, Event};
use domain::{Actor, PersonId, SessionId};

use crate::ctx::{Caller, Origin};
use crate::reauthorize::reauthorize_person;
use crate::store::Tx;
use crate::store::sessions::{self, SessionRow};
use crate::{Engine, Error, Result};

impl Engine {
    /// Revokes one of the caller's sessions, and with it the tokens that were issued to it.
    ///
    /// # Errors
    /// `NotFound` when the caller has no such session, `Unauthenticated` when the caller's own
    /// session has expired or was revoked.
    pub async fn revoke_session(
        &self,
        caller: &Caller,
        id: &SessionId,
        origin: &Origin,
    ) -> Result<()> {
        let revoked = self
            .revoke_sessions(caller, origin, "revoked", |row| row.id == id.as_str())
            .await?;
        if revoked == 0 {
            Err(Error::NotFound)
        } else {
            Ok(())
        }
    }

    /// Revokes every session of the caller except the calling one. Gives their number.
    ///
    /// # Errors
    /// `Unauthenticated` when the caller's session has expired or was revoked.
    pub async fn revoke_other_sessions(&self, caller: &Caller, origin: &Origin) -> Result<usize> {
        self.revoke_sessions(caller, origin, "revoked", |row| {
            !is_calling_session(row, caller)
        })
        .await
    }

    /// Signs the caller out of the calling session.
    ///
    /// # Errors
    /// `Unauthenticated` when the session has expired or was revoked.
    pub async fn sign_out(&self, caller: &Caller, origin: &Origin) -> Result<()> {
        self.revoke_sessions(caller, origin, "signed_out", |row| {
            is_calling_session(row, caller)
        })
        .await
        .map(drop)
    }

    /// Deletes the selected sessions of the caller, each with an audit event in every organization
    /// of the caller.
    async fn revoke_sessions(
        &self,
        caller: &Caller,
        origin: &Origin,
        reason: &str,
        is_selected: impl Fn(&SessionRow) -> bool,
    ) -> Result<usize> {
        self.retry_with_free_space(|| {
            self.try_to_revoke_sessions(caller, origin, reason, &is_selected)
        })
        .await
    }

    async fn try_to_revoke_sessions(
        &self,
        caller: &Caller,
        origin: &Origin,
        reason: &str,
        is_selected: impl Fn(&SessionRow) -> bool,
    ) -> Result<usize> {
        let mut tx = self.db().begin_on_reserve().await?;
        self.lock_chain_heads(&mut tx, caller.person, None)
            .await?;
        reauthorize_person(self, &mut tx, caller).await?;
        let rows = sessions::of_person(&mut tx, caller.person).await?;
        let mut revoked = 0;
        for row in self
            .valid_sessions(rows)
            .filter(|row| is_selected(row))
        {
            if sessions::delete(&mut tx, &row.digest).await? {
                self.journal_revoked_session(&mut tx, caller.person, origin, &row, reason)
                    .await?;
                revoked += 1;
            }
        }
        tx.commit().await?;
        Ok(revoked)
    }

    /// Records why a session was revoked, in each organization of its person.
    pub(crate) async fn journal_revoked_session(
        &self,
        tx: &mut Tx,
        person: PersonId,
        origin: &Origin,
        row: &SessionRow,
        reason: &str,
    ) -> Result<()> {
        let event = |actor: &Actor| {
            Event::new(
                AuditAction::SessionEnded,
                "session",
                &row.id,
                &actor.name,
            )
            .changed("reason", None, Some(reason))
        };
        self.journal_everywhere(tx, person, origin, event)
            .await
    }
}

/// Whether this is the session that the request was made with.
pub(super) fn is_calling_session(row: &SessionRow, caller: &Caller) -> bool {
    caller.credential.session() == Some(row.digest.as_slice())
}
