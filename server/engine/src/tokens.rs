//! Tokens for people: a person who is signed in gets one for the API, good for an hour, and no longer than the session
//! it was given to (decision D20).
//!
//! No token is stored. The session remembers when its newest was made and by which key; signing the same again gives the
//! same token.

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

pub use keys::VerifyingKey;

/// How long a token is good: one hour (RA-12).
pub const TOKEN_SECONDS: i64 = 60 * 60;
/// A token that is good for less than this is replaced when it is asked for.
const LEAST_SECONDS: i64 = 5 * 60;

/// A token, on its way to its person and nowhere else.
pub struct IssuedToken {
    /// The token.
    pub token: Zeroizing<String>,
    /// When it runs out.
    pub expires_at: Moment,
    /// How long until then.
    pub expires_in: i64,
}

/// Whom a token is from and for.
#[derive(Clone, Debug)]
pub struct Parties {
    /// Who signs: this installation, `https://host`.
    pub issuer: String,
    /// For whom: its API.
    pub audience: String,
}

/// When the newest token of a session was made, and when it runs out.
struct Span {
    issued_at: Moment,
    expires_at: Moment,
}

impl Span {
    fn of(row: &SessionRow, issued_at: Moment) -> Self {
        let whole = Moment(issued_at.0.div_euclid(1000) * 1000);
        Self { issued_at: whole, expires_at: whole.plus_seconds(TOKEN_SECONDS).min(row.latest_expiry()) }
    }
}

impl Engine {
    /// Gives a person in a browser session a token for the API: the present one while it is good for a while, else, and
    /// when `fresh` is asked for, a new one (RA-04, RA-13, RA-14).
    ///
    /// # Errors
    /// `Denied` for what is no browser session, `Unauthenticated` when it has ended.
    pub async fn issue_token(
        &self,
        caller: &Caller,
        parties: &Parties,
        fresh: bool,
        origin: &Origin,
    ) -> Result<IssuedToken> {
        self.issue(caller, parties, fresh, origin, None).await
    }

    /// A new token, and only one however often the form is sent.
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
        self.issue(caller, parties, true, origin, form).await
    }

    async fn issue(
        &self,
        caller: &Caller,
        parties: &Parties,
        fresh: bool,
        origin: &Origin,
        form: Option<&FormToken>,
    ) -> Result<IssuedToken> {
        let Credential::Session { digest, .. } = &caller.credential else { return Err(Error::Denied) };
        let signing = self.signing_key().await?;
        let mut tx = self.db().begin().await?;
        self.lock_chain_heads(&mut tx, caller.person, None).await?;
        reauthorize_person(self, &mut tx, caller).await?;
        let row = sessions::find(&mut tx, digest).await?.ok_or(Error::Unauthenticated("the session has ended"))?;
        let now = self.runtime().now();
        form_token::spend(&mut tx, form, "issue_token", caller.person.0, now).await?;
        if let Some((span, key)) = present(&row).filter(|(span, _)| !fresh && is_enough(span, &row, now))
            && let Some(signing) = self.signing_key_of(&mut tx, key).await?
        {
            return self.sign(&signing, caller, &row, &span, parties);
        }
        let row = SessionRow { token_at: Some(now.0), token_key: Some(signing.id.clone()), ..row };
        sessions::note_token(&mut tx, &row, now).await?;
        let issued = |actor: &Actor| Event::new(AuditAction::TokenIssued, "token", &row.id, &actor.name);
        self.journal_everywhere(&mut tx, caller.person, origin, issued).await?;
        tx.commit().await?;
        self.sign(&signing, caller, &row, &Span::of(&row, now), parties)
    }

    /// The person of a token of ours that was found good, if the session it was given to still stands.
    ///
    /// # Errors
    /// `Unauthenticated` when it does not.
    pub async fn identify_token_holder(
        &self,
        person: PersonId,
        session: &SessionId,
        signed_in_at: Moment,
    ) -> Result<Caller> {
        let found = sessions::by_id(&mut self.db().read().await?, session).await?;
        let own = found.filter(|row| row.person_id == Some(person.0) && self.is_valid_session(row));
        let row = own.ok_or(Error::Unauthenticated("the session of the token has ended"))?;
        let credential = Credential::IdToken { session: Some(row.digest), signed_in_at: Some(signed_in_at) };
        Ok(Caller { person, credential })
    }

    /// Whether what a person showed still stands; for what was only read meanwhile.
    ///
    /// # Errors
    /// `Unauthenticated` when their session has ended.
    pub async fn recheck_session(&self, caller: &Caller) -> Result<()> {
        let Some(digest) = caller.credential.session() else { return Ok(()) };
        let found = sessions::find(&mut self.db().read().await?, digest).await?;
        let stands = found.is_some_and(|row| self.is_valid_session(&row));
        if stands { Ok(()) } else { Err(Error::Unauthenticated("the session ended while the request ran")) }
    }

    fn sign(
        &self,
        signing: &keys::Opened,
        caller: &Caller,
        row: &SessionRow,
        span: &Span,
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
        let token = signing.key.token(&signing.id, &claims)?;
        let expires_in = span.expires_at.seconds_since(self.runtime().now());
        Ok(IssuedToken { token, expires_at: span.expires_at, expires_in })
    }
}

/// The newest token of a session, and the key that signed it.
fn present(row: &SessionRow) -> Option<(Span, &str)> {
    Some((Span::of(row, Moment(row.token_at?)), row.token_key.as_deref()?))
}

/// Whether a token is good for a while, or as long as any other of its session would be.
fn is_enough(span: &Span, row: &SessionRow, now: Moment) -> bool {
    let left = span.expires_at.seconds_since(now);
    left >= LEAST_SECONDS || (left > 0 && span.expires_at == row.latest_expiry())
}
