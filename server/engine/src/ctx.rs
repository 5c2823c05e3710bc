//! Who asks, when, and under which request id. Every operation takes one.

use domain::{Actor, KeyId, Moment, PersonId};

use crate::runtime::SKEW_SECONDS;
use crate::{Error, Result};

/// How long ago a person may have signed in for what asks for a fresh sign-in: ten minutes.
pub const FRESH_SECONDS: i64 = 600;

/// What the caller showed to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An API key.
    Key {
        /// Its id.
        id: KeyId,
        /// Its public prefix.
        prefix: String,
        /// Which of the requests that run with it this is; revoking does not wait for the request that revokes.
        in_flight: u64,
    },
    /// A browser session.
    Session {
        /// Digest of its token.
        digest: Vec<u8>,
        /// When the person signed in.
        signed_in_at: Moment,
    },
    /// A token of a person.
    IdToken {
        /// Digest of the session that it was given to, and ends with; none for a token of another issuer.
        session: Option<Vec<u8>>,
        /// When the person signed in, if the token says so.
        signed_in_at: Option<Moment>,
    },
    /// The installation itself, said aloud.
    System,
}

impl Credential {
    /// When the person signed in; nothing for what is no sign-in.
    pub const fn signed_in_at(&self) -> Option<Moment> {
        match self {
            Self::Key { .. } | Self::System => None,
            Self::Session { signed_in_at, .. } => Some(*signed_in_at),
            Self::IdToken { signed_in_at, .. } => *signed_in_at,
        }
    }

    /// Digest of the browser session that it stands and falls with.
    pub fn session(&self) -> Option<&[u8]> {
        match self {
            Self::Key { .. } | Self::System => None,
            Self::Session { digest, .. } => Some(digest),
            Self::IdToken { session, .. } => session.as_deref(),
        }
    }

    /// As [`Ctx::fresh`].
    fn fresh(&self, now: Moment) -> Result<()> {
        if matches!(self, Self::Key { .. } | Self::System) {
            return Ok(());
        }
        let fresh = self.signed_in_at().is_some_and(|then| {
            // A sign-in from the future is one of a clock that was wrong.
            (-SKEW_SECONDS..=FRESH_SECONDS).contains(&now.seconds_since(then))
        });
        if fresh { Ok(()) } else { Err(Error::FreshSignInRequired) }
    }
}

/// Where a request comes from, for the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The request's id.
    pub request_id: String,
    /// The client's address.
    pub address: Option<String>,
    /// The client's user agent, at most 200 characters.
    pub agent: Option<String>,
}

impl Origin {
    /// Of a command of the program.
    pub(crate) fn of_command() -> Self {
        Self { request_id: "command".into(), ..Self::default() }
    }
}

/// One request of one actor. Only authenticating makes one, or [`Ctx::system`].
#[derive(Clone, Debug)]
pub struct Ctx {
    pub(crate) actor: Actor,
    pub(crate) now: Moment,
    pub(crate) origin: Origin,
    pub(crate) credential: Credential,
}

impl Ctx {
    pub(crate) const fn new(actor: Actor, now: Moment, origin: Origin, credential: Credential) -> Self {
        Self { actor, now, origin, credential }
    }

    /// The actor, with the power it has in this request.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// When the request began.
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// The request's id.
    pub fn request_id(&self) -> &str {
        &self.origin.request_id
    }

    /// What the caller showed.
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Asks for a sign-in of the last ten minutes before what a stolen session must not do. A key is no sign-in, and
    /// has its own limits.
    ///
    /// # Errors
    /// `FreshSignInRequired`.
    pub(crate) fn fresh(&self) -> Result<()> {
        self.credential.fresh(self.now)
    }

    /// Whether what asks for a fresh sign-in would be let through now.
    pub fn is_fresh(&self) -> bool {
        self.fresh().is_ok()
    }

    /// For how many seconds more what asks for a fresh sign-in is let through; none of them if it is not.
    pub fn fresh_seconds(&self) -> i64 {
        let age = self.credential.signed_in_at().map(|then| self.now.seconds_since(then));
        age.map_or(0, |age| (FRESH_SECONDS - age).max(0))
    }

    /// Only people do this, none of their keys.
    ///
    /// # Errors
    /// `Denied` for a key.
    pub(crate) const fn in_person(&self) -> Result<()> {
        if self.by_key() { Err(Error::Denied) } else { Ok(()) }
    }

    /// Whether the request was made with a key.
    pub(crate) const fn by_key(&self) -> bool {
        matches!(self.credential, Credential::Key { .. })
    }

    pub(crate) const fn in_flight(&self) -> Option<u64> {
        match self.credential {
            Credential::Key { in_flight, .. } => Some(in_flight),
            _ => None,
        }
    }
}

/// A person in a browser session or with a token, not yet in an organization.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub person: PersonId,
    /// What they showed.
    pub credential: Credential,
}

impl Caller {
    /// A person in a browser session.
    pub const fn in_browser(person: PersonId, digest: Vec<u8>, signed_in_at: Moment) -> Self {
        Self { person, credential: Credential::Session { digest, signed_in_at } }
    }
}
