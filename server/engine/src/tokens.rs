//! ID tokens for people (decision D20): a signed-in person gets one for the API. It is valid for an
//! hour, and no longer than the session that it was issued to.
//!
//! No token is stored. The session records when its newest token was issued and which key signed
//! it; signing the same claims again gives the same token.

mod assertion;
mod keys;
mod signing;

use domain::event::{AuditAction, Event};
use domain::{Actor, Moment, PersonId, SessionId};
use serde_json::json;
use zeroize::Zeroizing;

use crate::ctx::{Caller, Credential, Origin};
use crate::form_token::{self, FormToken};
use crate::reauthorize::reauthorize_person;
use crate::store::sessions::{self, SessionRow};
use crate::{Engine, Error, Result};

pub(crate) use assertion::{AssertionSubject, Assertions};
pub use keys::VerifyingKey;

/// How long a token is valid: one hour.
pub const TOKEN_SECONDS: i64 = 60 * 60;
/// A token that expires sooner than this is replaced on request.
const MIN_REMAINING_SECONDS: i64 = 5 * 60;

/// A token for its person. It is stored nowhere.
pub struct IssuedToken {
    /// The token.
    pub token: Zeroizing<String>,
    /// When it expires.
    pub expires_at: Moment,
    /// Seconds until then.
    pub expires_in: i64,
}

/// Issuer and audience of a token.
#[derive(Clone, Debug)]
pub struct Parties {
    /// This installation, `https://host`.
    pub issuer: String,
    /// Its API.
    pub audience: String,
}

/// When the newest token of a session was issued, and when it expires.
struct Validity {
    issued_at: Moment,
    expires_at: Moment,
}

impl Validity {
    fn of(row: &SessionRow, issued_at: Moment) -> Self {
        let whole = Moment(issued_at.0.div_euclid(1000) * 1000);
        Self {
            issued_at: whole,
            expires_at: whole
                .plus_seconds(TOKEN_SECONDS)
                .min(row.latest_expiry()),
        }
    }
}

impl Engine {
    /// Issues a token for the API to a person in a browser session: the current token while it is
    /// valid long enough, a new one otherwise, or if `fresh`.
    ///
    /// # Errors
    /// `Denied` without a browser session, `Unauthenticated` when the session has expired or was
    /// revoked.
    pub async fn issue_token(
        &self,
        caller: &Caller,
        parties: &Parties,
        fresh: bool,
        origin: &Origin,
    ) -> Result<IssuedToken> {
        self.issue(caller, parties, fresh, origin, None)
            .await
    }

    /// A new token, and only one if the form is sent again.
    ///
    /// # Errors
    /// As [`Engine::issue_token`]; `Repeated`.
    pub async fn issue_token_once(
        &self,
        caller: &Caller,
        parties: &Parties,
        origin: &Origin,
        form: Option<&FormToken>,
    ) -> Result<IssuedToken> {
        self.issue(caller, parties, true, origin, form)
            .await
    }

    async fn issue(
        &self,
        caller: &Caller,
        parties: &Parties,
        fresh: bool,
        origin: &Origin,
        form: Option<&FormToken>,
    ) -> Result<IssuedToken> {
        let Credential::Session { digest, .. } = &caller.credential else {
            return Err(Error::Denied);
        };
        let signing = self.signing_key().await?;
        let mut tx = self.db().begin().await?;
        self.lock_chain_heads(&mut tx, caller.person, None)
            .await?;
        reauthorize_person(self, &mut tx, caller).await?;
        let row = sessions::find(&mut tx, digest)
            .await?
            .ok_or(Error::Unauthenticated(
                "the session has expired or was revoked",
            ))?;
        let now = self.runtime().now();
        form_token::spend(&mut tx, form, "issue_token", caller.person.0, now).await?;
        if let Some((span, key)) =
            current(&row).filter(|(span, _)| !fresh && lasts_long_enough(span, &row, now))
            && let Some(signing) = self.signing_key_of(&mut tx, key).await?
        {
            return self.sign(&signing, caller, &row, &span, parties);
        }
        let row = SessionRow {
            token_at: Some(now.0),
            token_key: Some(signing.id.clone()),
            ..row
        };
        sessions::note_token(&mut tx, &row, now).await?;
        let issued = |actor: &Actor| {
            Event::new(
                AuditAction::TokenIssued,
                "token",
                &row.id,
                &actor.name,
            )
        };
        self.journal_everywhere(&mut tx, caller.person, origin, issued)
            .await?;
        tx.commit().await?;
        self.sign(
            &signing,
            caller,
            &row,
            &Validity::of(&row, now),
            parties,
        )
    }

    /// The person of a verified token of this installation, if the session it was issued to is
    /// valid.
    ///
    /// # Errors
    /// `Unauthenticated` when it is not.
    pub async fn identify_token_holder(
        &self,
        person: PersonId,
        session: &SessionId,
        signed_in_at: Moment,
    ) -> Result<Caller> {
        let found = sessions::by_id(&mut self.db().read().await?, session).await?;
        let own = found.filter(|row| row.person_id == Some(person.0) && self.is_valid_session(row));
        let row = own.ok_or(Error::Unauthenticated(
            "the session of the token has expired or was revoked",
        ))?;
        let credential = Credential::IdToken {
            session: Some(row.digest),
            signed_in_at: Some(signed_in_at),
        };
        Ok(Caller { person, credential })
    }

    /// Checks the session of a person again, for operations that only read.
    ///
    /// # Errors
    /// `Unauthenticated` when it has expired or was revoked.
    pub async fn recheck_session(&self, caller: &Caller) -> Result<()> {
        let Some(digest) = caller.credential.session() else {
            return Ok(());
        };
        let found = sessions::find(&mut self.db().read().await?, digest).await?;
        let is_valid = found.is_some_and(|row| self.is_valid_session(&row));
        if is_valid {
            Ok(())
        } else {
            Err(Error::Unauthenticated(
                "the session expired or was revoked while the request ran",
            ))
        }
    }

    fn sign(
        &self,
        signing: &keys::Opened,
        caller: &Caller,
        row: &SessionRow,
        span: &Validity,
        parties: &Parties,
    ) -> Result<IssuedToken> {
        let seconds = |moment: Moment| moment.0.div_euclid(1000);
        let claims = json!({
            "iss": parties.issuer,
            "aud": parties.audience,
            "sub": caller.person.to_string(),
            "sid": row.id,
            "auth_time": caller.credential.signed_in_at().map(seconds),
            "iat": seconds(span.issued_at),
            "exp": seconds(span.expires_at),
        });
        let token = signing.key.token("JWT", &signing.id, &claims)?;
        let expires_in = span
            .expires_at
            .seconds_since(self.runtime().now());
        Ok(IssuedToken {
            token,
            expires_at: span.expires_at,
            expires_in,
        })
    }
}

/// The newest token of a session, and the key that signed it.
fn current(row: &SessionRow) -> Option<(Validity, &str)> {
    Some((
        Validity::of(row, Moment(row.token_at?)),
        row.token_key.as_deref()?,
    ))
}

/// Whether a token is valid long enough, or as long as any token of its session could be.
fn lasts_long_enough(span: &Validity, row: &SessionRow, now: Moment) -> bool {
    let left = span.expires_at.seconds_since(now);
    left >= MIN_REMAINING_SECONDS || (left > 0 && span.expires_at == row.latest_expiry())
}
