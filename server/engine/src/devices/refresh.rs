//! Refreshing the session of a device (RFC 6749, 6; RFC 9700, 4.14).
//!
//! Each refresh replaces the refresh token. The next token follows from the one before, so a device
//! whose answer was lost gets the same one again. A token that was replaced longer ago was copied:
//! then the session is revoked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::device::DeviceClient;
use domain::{Moment, PersonId};
use zeroize::Zeroizing;

use super::{DeviceSession, GrantRefusal, Granted, REFRESH_PREFIX, to_json};
use crate::ctx::Origin;
use crate::store::Tx;
use crate::store::sessions::{self, SessionRow};
use crate::tokens::Parties;
use crate::{Engine, Result};

/// How long a replaced token still gives the next one: one minute.
const GRACE_SECONDS: i64 = 60;

impl Engine {
    /// New tokens for a refresh token.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn refresh_device(
        &self,
        client: DeviceClient,
        refresh_token: &str,
        parties: &Parties,
        origin: &Origin,
    ) -> Result<Granted> {
        let digest = self.session_digest(refresh_token.as_bytes());
        let mut tx = self.db().begin().await?;
        let found = sessions::lock_device(&mut tx, &digest).await?;
        let Some((row, session)) = self.device_session(found, client) else {
            return Ok(Err(GrantRefusal::Invalid));
        };
        let now = self.runtime().now();
        let next = self.next_refresh_token(refresh_token);
        let row = if row.digest == digest {
            let row = self
                .replace_refresh_token(&mut tx, row, &session, &next, now)
                .await?;
            tx.commit().await?;
            row
        } else if was_just_replaced(&row, now) && row.digest == self.session_digest(next.as_bytes())
        {
            tx.commit().await?;
            row
        } else {
            drop(tx);
            self.revoke_copied(&row, origin).await?;
            return Ok(Err(GrantRefusal::Invalid));
        };
        let signed_in_at = Moment(session.signed_in_at);
        self.tokens_of_device(&row, signed_in_at, next, parties, origin)
            .await
            .map(Ok)
    }

    async fn replace_refresh_token(
        &self,
        tx: &mut Tx,
        row: SessionRow,
        session: &DeviceSession,
        next: &str,
        now: Moment,
    ) -> Result<SessionRow> {
        let changed = SessionRow {
            digest: self.session_digest(next.as_bytes()),
            ..row.clone()
        };
        let changed = self.sealed_session(changed, &to_json(session)?);
        sessions::replace_digest(tx, &row, &changed.digest, &changed.sealed, now).await?;
        Ok(SessionRow {
            refreshed_at: Some(now.0),
            seen_at: now.0,
            ..changed
        })
    }

    /// The session of a device, if it is valid and belongs to this program.
    pub(super) fn device_session(
        &self,
        found: Option<SessionRow>,
        client: DeviceClient,
    ) -> Option<(SessionRow, DeviceSession)> {
        let row = found.filter(|row| self.is_valid_session(row))?;
        let session: DeviceSession = serde_json::from_slice(&self.open_session(&row)?).ok()?;
        (session.client == client).then_some((row, session))
    }

    /// Only this installation can compute it.
    fn next_refresh_token(&self, token: &str) -> Zeroizing<String> {
        let value = Zeroizing::new(format!("next refresh token {token}"));
        let digest = Zeroizing::new(self.session_digest(value.as_bytes()));
        Zeroizing::new(format!(
            "{REFRESH_PREFIX}{}",
            URL_SAFE_NO_PAD.encode(&*digest)
        ))
    }

    /// Revokes a session whose replaced token was presented again.
    async fn revoke_copied(&self, row: &SessionRow, origin: &Origin) -> Result<()> {
        tracing::warn!(
            session = row.id,
            "a refresh token that was replaced was presented again; its session is revoked"
        );
        let Some(person) = row.person_id.map(PersonId) else {
            return Ok(());
        };
        let mut tx = self.db().begin_on_reserve().await?;
        self.lock_chain_heads(&mut tx, person, None)
            .await?;
        if sessions::delete(&mut tx, &row.digest).await? {
            self.journal_revoked_session(&mut tx, person, origin, row, "refresh_token_reused")
                .await?;
        }
        Ok(tx.commit().await?)
    }
}

fn was_just_replaced(row: &SessionRow, now: Moment) -> bool {
    row.refreshed_at
        .is_some_and(|at| now.seconds_since(Moment(at)).abs() <= GRACE_SECONDS)
}
