//! Listing the caller's own sessions.

use domain::Moment;
use domain::view::SessionView;

use super::revoke::is_calling_session;
use crate::ctx::Caller;
use crate::store::sessions::{self, SessionRow};
use crate::store::{StoreError, parse_column};
use crate::{Engine, Result};

impl Engine {
    /// The caller's sessions, the one used last first.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn list_sessions(&self, caller: &Caller) -> Result<Vec<SessionView>> {
        let rows = sessions::of_person(&mut self.db().read().await?, caller.person).await?;
        let views: std::result::Result<_, _> = self
            .valid_sessions(rows)
            .map(|row| view(row, caller))
            .collect();
        Ok(views?)
    }

    /// The rows of valid sessions.
    pub(super) fn valid_sessions(&self, rows: Vec<SessionRow>) -> impl Iterator<Item = SessionRow> {
        rows.into_iter()
            .filter(|row| self.is_valid_session(row))
    }
}

fn view(row: SessionRow, caller: &Caller) -> std::result::Result<SessionView, StoreError> {
    Ok(SessionView {
        id: parse_column(&row.id, "sessions.id")?,
        is_current: is_calling_session(&row, caller),
        kind: row.kind(),
        signed_in_at: Moment(row.created_at),
        last_seen: Moment(row.seen_at),
        expires_at: row.latest_expiry(),
        address: row.address,
        agent: row.agent,
    })
}
