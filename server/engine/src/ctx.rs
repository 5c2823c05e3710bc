//! The context of a request: the actor, its credential, the time and the request id. Every
//! operation takes one.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU128;
use std::sync::Arc;

use domain::Environment;
use domain::{
    Actor, ActorId, ActorKind, KeyId, Moment, OrganizationId, Permissions, PersonId, Role, ScopeSet,
};
use tracing::field::{DisplayValue, display};

use crate::runtime::SKEW_SECONDS;
use crate::{Error, Result};

/// The maximum age of a fresh sign-in: ten minutes.
pub const FRESH_SECONDS: i64 = 600;

/// What authenticated the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An API key.
    Key {
        /// Its id.
        id: KeyId,
        /// Its public prefix.
        prefix: Arc<str>,
        /// The number of this request among those in flight: a revocation does not wait for the
        /// request that revokes.
        in_flight: u64,
    },
    /// A browser session.
    Session {
        /// Digest of its token.
        digest: Vec<u8>,
        /// When the person signed in.
        signed_in_at: Moment,
    },
    /// An ID token of a person.
    IdToken {
        /// Digest of the session that it was issued to and expires with; none for a token of
        /// another issuer.
        session: Option<Vec<u8>>,
        /// When the person signed in, if the token says so.
        signed_in_at: Option<Moment>,
    },
    /// The installation itself.
    System,
}

impl Credential {
    /// When the person signed in; none for a credential that is no sign-in.
    pub const fn signed_in_at(&self) -> Option<Moment> {
        match self {
            Self::Key { .. } | Self::System => None,
            Self::Session { signed_in_at, .. } => Some(*signed_in_at),
            Self::IdToken { signed_in_at, .. } => *signed_in_at,
        }
    }

    /// Digest of the browser session that the credential depends on.
    pub fn session(&self) -> Option<&[u8]> {
        match self {
            Self::Key { .. } | Self::System => None,
            Self::Session { digest, .. } => Some(digest),
            Self::IdToken { session, .. } => session.as_deref(),
        }
    }

    pub(crate) fn require_fresh_sign_in(&self, now: Moment) -> Result<()> {
        if matches!(self, Self::Key { .. } | Self::System) {
            return Ok(());
        }
        let is_fresh = self.signed_in_at().is_some_and(|then| {
            // A sign-in from the future was recorded while a clock was wrong.
            (-SKEW_SECONDS..=FRESH_SECONDS).contains(&now.seconds_since(then))
        });
        if is_fresh {
            Ok(())
        } else {
            Err(Error::FreshSignInRequired)
        }
    }
}

/// The trace that a request belongs to, as W3C Trace Context defines it. It is never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(pub NonZeroU128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl TraceId {
    /// The value of the field `trace_id` of a log line. None leaves the field out.
    pub fn field(id: Option<Self>) -> Option<DisplayValue<Self>> {
        id.map(display)
    }
}

/// Where a request comes from, for the audit log and the usage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The request's id.
    pub request_id: String,
    /// The trace that the client has begun. Only the log contains it.
    pub trace_id: Option<TraceId>,
    /// The client's IP address.
    pub address: Option<String>,
    /// The client's user agent, at most 200 characters.
    pub agent: Option<String>,
}

impl Origin {
    /// The value of the field `trace_id` of a log line. None leaves the field out.
    pub fn trace_field(&self) -> Option<DisplayValue<TraceId>> {
        TraceId::field(self.trace_id)
    }

    /// The client's IP address. None if the connection has none, such as that of a Unix socket.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.as_ref()?.parse().ok()
    }

    /// The origin of a command-line command.
    pub(crate) fn of_command() -> Self {
        Self {
            request_id: "command".into(),
            ..Self::default()
        }
    }

    /// The origin of what happens when a time is reached, without a request.
    pub(crate) fn of_clock() -> Self {
        Self {
            request_id: "clock".into(),
            ..Self::default()
        }
    }
}

/// One request of one actor. Only authentication creates one, or [`Ctx::system_in`].
#[derive(Clone, Debug)]
pub struct Ctx {
    pub(crate) actor: Arc<Actor>,
    pub(crate) now: Moment,
    pub(crate) origin: Origin,
    pub(crate) credential: Credential,
}

impl Ctx {
    pub(crate) fn new(
        actor: impl Into<Arc<Actor>>,
        now: Moment,
        origin: Origin,
        credential: Credential,
    ) -> Self {
        Self {
            actor: actor.into(),
            now,
            origin,
            credential,
        }
    }

    /// The installation itself, acting in an organization without any permission: for audit events
    /// of what the clock, the operator or an unknown client caused.
    pub(crate) fn system_in(
        organization: &OrganizationId,
        name: &str,
        now: Moment,
        origin: Origin,
    ) -> Self {
        let actor = Actor {
            id: ActorId(0),
            organization: organization.clone(),
            kind: ActorKind::Service,
            name: name.into(),
            role: Role::Member,
            permissions: Permissions::Only(ScopeSet::EMPTY),
            environment: Environment::Production,
        };
        Self::new(actor, now, origin, Credential::System)
    }

    /// The same person, on the data of an environment: a person has access to both, and a key only
    /// to its own (decision D7).
    ///
    /// # Errors
    /// `Denied` for a key.
    pub fn in_environment(&self, environment: Environment) -> Result<Self> {
        self.in_person()?;
        let actor = Actor {
            environment,
            ..Actor::clone(&self.actor)
        };
        Ok(Self {
            actor: Arc::new(actor),
            ..self.clone()
        })
    }

    /// The actor, with the power it has in this request.
    pub fn actor(&self) -> &Actor {
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

    /// The trace that the request belongs to.
    pub const fn trace_id(&self) -> Option<TraceId> {
        self.origin.trace_id
    }

    /// What authenticated the caller.
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Requires a sign-in of the last ten minutes, before an operation that a stolen session must
    /// not be able to do. A key is no sign-in, and has limits of its own.
    ///
    /// # Errors
    /// `FreshSignInRequired`.
    pub(crate) fn require_fresh_sign_in(&self) -> Result<()> {
        self.credential.require_fresh_sign_in(self.now)
    }

    /// Whether an operation that requires a fresh sign-in is allowed now.
    pub fn is_fresh(&self) -> bool {
        self.require_fresh_sign_in().is_ok()
    }

    /// For how many more seconds the sign-in is fresh; 0 if it is not.
    pub fn fresh_seconds(&self) -> i64 {
        let age = self
            .credential
            .signed_in_at()
            .map(|then| self.now.seconds_since(then));
        age.map_or(0, |age| (FRESH_SECONDS - age).max(0))
    }

    /// Requires a person: no key may do this.
    ///
    /// # Errors
    /// `Denied` for a key.
    pub(crate) const fn in_person(&self) -> Result<()> {
        if self.by_key() {
            Err(Error::Denied)
        } else {
            Ok(())
        }
    }

    /// Whether the request was authenticated by a key.
    pub(crate) const fn by_key(&self) -> bool {
        matches!(self.credential, Credential::Key { .. })
    }

    /// The number of this request among those in flight with its key.
    pub(crate) const fn in_flight(&self) -> Option<u64> {
        match self.credential {
            Credential::Key { in_flight, .. } => Some(in_flight),
            _ => None,
        }
    }
}

/// A person with a browser session or a token, not yet in an organization.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub person: PersonId,
    /// What authenticated them.
    pub credential: Credential,
}

impl Caller {
    /// A person in a browser session.
    pub const fn in_browser(person: PersonId, digest: Vec<u8>, signed_in_at: Moment) -> Self {
        Self {
            person,
            credential: Credential::Session {
                digest,
                signed_in_at,
            },
        }
    }
}
