//! Who asks, when, and under which request id. Every operation takes one.

use domain::{Actor, KeyId, Moment, PersonId};

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
        flight: u64,
    },
    /// A browser session, by the digest of its token.
    Session(Vec<u8>),
    /// An ID token.
    IdToken,
    /// The installation itself, said aloud.
    System,
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

    pub(crate) const fn flight(&self) -> Option<u64> {
        match self.credential {
            Credential::Key { flight, .. } => Some(flight),
            _ => None,
        }
    }
}

/// A person in a browser session, not yet in an organization.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub person: PersonId,
    /// Digest of the session's token.
    pub session: Vec<u8>,
}
