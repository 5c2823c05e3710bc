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
        let digests = self.session_digests(refresh_token.as_bytes());
        let mut tx = self.db().begin().await?;
        let mut found = None;
        for digest in &digests {
            found = sessions::lock_device(&mut tx, digest).await?;
            if found.is_some() {
                break;
            }
        }
        let Some((row, session)) = self.device_session(found, client) else {
            return Ok(Err(GrantRefusal::Invalid));
        };
        let now = self.runtime().now();
        let (row, next) = if digests.contains(&row.digest) {
            let next = self.next_refresh_token(refresh_token);
            let row = self
                .replace_refresh_token(&mut tx, row, &session, &next, now)
                .await?;
            tx.commit().await?;
            (row, next)
        } else if let Some(next) = self
            .token_after(refresh_token, &row)
            .filter(|_| was_just_replaced(&row, now))
        {
            tx.commit().await?;
            (row, next)
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
        let value = digested(token);
        refresh_token_of(&Zeroizing::new(self.session_digest(value.as_bytes())))
    }

    /// The token that replaced this one, if the session has it. It may have been computed with
    /// another key of the ring than the active one.
    fn token_after(&self, token: &str, row: &SessionRow) -> Option<Zeroizing<String>> {
        let value = digested(token);
        self.session_digests(value.as_bytes())
            .into_iter()
            .map(|digest| refresh_token_of(&Zeroizing::new(digest)))
            .find(|next| {
                self.session_digests(next.as_bytes())
                    .contains(&row.digest)
            })
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

/// The text that the next refresh token follows from.
fn digested(token: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("next refresh token {token}"))
}

fn refresh_token_of(digest: &[u8]) -> Zeroizing<String> {
    let text = URL_SAFE_NO_PAD.encode(digest);
    Zeroizing::new(format!("{REFRESH_PREFIX}{text}"))
}

fn was_just_replaced(row: &SessionRow, now: Moment) -> bool {
    row.refreshed_at
        .is_some_and(|at| now.seconds_since(Moment(at)).abs() <= GRACE_SECONDS)
}
