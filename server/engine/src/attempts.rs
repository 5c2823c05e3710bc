//! Rate limit of failed authentication attempts, by client and minute. It applies before the
//! database is read.
//!
//! A client that failed too often has to wait. Credentials that were accepted recently bypass the
//! limit, so an attacker behind the same IP address cannot lock out others. The state is in memory
//! and bounded.

mod accepted;
mod client;
mod counts;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::Code;
use tokio::sync::Notify;

use self::accepted::{AcceptedCredentials, Fingerprint};
use self::counts::{Bucket, Counts, Decision};
use crate::ctx::Origin;
use crate::{Engine, Error, Result, Runtime};

pub use client::Client;

/// Clients in a generation. There are two; the least recently seen clients are dropped first.
const MAX_CLIENTS: usize = 32_768;
/// Accepted credentials in a generation. There are two.
const MAX_ACCEPTED: usize = 100_000;

/// How many attempts of one client may fail within a minute; 0 for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Keys, tokens, sessions and sign-ins.
    pub credentials: u32,
    /// The setup token, the tokens of invitations, and the codes of devices.
    pub secrets: u32,
}

impl Limits {
    /// No limit at all.
    pub const OFF: Self = Self {
        credentials: 0,
        secrets: 0,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            credentials: 60,
            secrets: 10,
        }
    }
}

/// The kind of credential of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An API key.
    Key,
    /// An ID token, of this installation or of another issuer.
    Token,
    /// The cookie of a browser session.
    Session,
    /// The start of a sign-in, or the state that the provider sends back.
    SignIn,
    /// The token of an invitation.
    Invitation,
    /// The setup token.
    SetupToken,
    /// The code that a device shows, which a person types.
    UserCode,
}

impl Kind {
    const fn bucket(self) -> Bucket {
        match self {
            Self::Key | Self::Token | Self::Session | Self::SignIn => Bucket::Credentials,
            Self::Invitation | Self::SetupToken | Self::UserCode => Bucket::Secrets,
        }
    }
}

/// Failed attempts by client, and the credentials that were accepted recently.
pub struct Attempts {
    credentials: AtomicU32,
    secrets: AtomicU32,
    counts: Mutex<Counts>,
    accepted: AcceptedCredentials,
    settled: Notify,
    runtime: Runtime,
}

impl Attempts {
    pub(crate) fn new(runtime: Runtime) -> Arc<Self> {
        Self::sized(runtime, MAX_CLIENTS, MAX_ACCEPTED)
    }

    fn sized(runtime: Runtime, clients: usize, accepted: usize) -> Arc<Self> {
        let Limits {
            credentials,
            secrets,
        } = Limits::default();
        Arc::new(Self {
            credentials: AtomicU32::new(credentials),
            secrets: AtomicU32::new(secrets),
            counts: Mutex::new(Counts::new(clients)),
            accepted: AcceptedCredentials::new(accepted),
            settled: Notify::new(),
            runtime,
        })
    }

    /// Sets the limits, from now on.
    pub fn set_limits(&self, limits: Limits) {
        self.credentials
            .store(limits.credentials, Ordering::Relaxed);
        self.secrets
            .store(limits.secrets, Ordering::Relaxed);
    }

    /// Begins an attempt. A credential that was accepted recently is never limited. While as many
    /// attempts of the client run as may still fail, this waits until one of them is settled.
    ///
    /// # Errors
    /// `TooManyAttempts` for a client that failed too often.
    pub async fn begin(
        self: &Arc<Self>,
        kind: Kind,
        client: Client,
        shown: &[u8],
    ) -> Result<Attempt> {
        let fingerprint = self.accepted.fingerprint(kind, shown);
        loop {
            let settled = self.settled.notified();
            let attempt = |counted| Attempt {
                attempts: self.clone(),
                kind,
                client,
                fingerprint,
                counted,
            };
            if self.limit(kind) == 0 || self.accepted.contains(fingerprint) {
                return Ok(attempt(false));
            }
            match self.counts(|counts, now| {
                counts.reserve((client, kind.bucket()), self.limit(kind), now)
            }) {
                Decision::Begin => return Ok(attempt(true)),
                Decision::Refuse { seconds } => return Err(Error::TooManyAttempts { seconds }),
                Decision::Wait => settled.await,
            }
        }
    }

    /// Counts an attempt that failed without reading the database.
    ///
    /// # Errors
    /// `TooManyAttempts` for a client that failed too often.
    pub fn fail(&self, kind: Kind, client: Client) -> Result<()> {
        if self.limit(kind) == 0 {
            return Ok(());
        }
        let counter = (client, kind.bucket());
        let refused = self.counts(|counts, now| {
            let decision = counts.reserve(counter, self.limit(kind), now);
            if matches!(decision, Decision::Begin) {
                counts.settle(counter, true, now);
            }
            decision
        });
        match refused {
            Decision::Refuse { seconds } => Err(Error::TooManyAttempts { seconds }),
            // The outcome is known, so there is no reason to wait for the attempts that run.
            Decision::Begin | Decision::Wait => Ok(()),
        }
    }

    /// Remembers a credential that was just created or accepted.
    pub fn remember(&self, kind: Kind, shown: &[u8]) {
        self.accepted
            .insert(self.accepted.fingerprint(kind, shown));
    }

    /// Removes one counted failure, for a sign-in that succeeded later.
    pub fn refund(&self, kind: Kind, client: Client) {
        self.counts(|counts, _| counts.refund((client, kind.bucket())));
    }

    fn limit(&self, kind: Kind) -> u32 {
        match kind.bucket() {
            Bucket::Credentials => self.credentials.load(Ordering::Relaxed),
            Bucket::Secrets => self.secrets.load(Ordering::Relaxed),
        }
    }

    fn counts<T>(&self, act: impl FnOnce(&mut Counts, std::time::Duration) -> T) -> T {
        let now = self.runtime.elapsed();
        act(
            &mut self
                .counts
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
            now,
        )
    }
}

/// An attempt that runs. Dropped without an outcome, for example because the client disconnected,
/// it counts as failed.
#[must_use = "an attempt that is dropped counts as failed"]
pub struct Attempt {
    attempts: Arc<Attempts>,
    kind: Kind,
    client: Client,
    fingerprint: Fingerprint,
    /// Whether it reserves one of the failures that its client has left.
    counted: bool,
}

impl Attempt {
    /// The credential is valid, and bypasses the limit from now on.
    pub fn passed(mut self) {
        self.attempts.accepted.insert(self.fingerprint);
        self.release(false);
    }

    /// The credential is invalid.
    pub fn failed(mut self) {
        self.attempts.accepted.remove(self.fingerprint);
        if !self.counted {
            // It bypassed the limit because it was valid before.
            let _ = self.attempts.fail(self.kind, self.client);
        }
        self.release(true);
    }

    /// The outcome is unknown: the database or the provider did not answer.
    pub fn undecided(mut self) {
        self.release(false);
    }

    /// The credential was valid, for a single use.
    pub fn spent(mut self) {
        self.attempts.accepted.remove(self.fingerprint);
        self.release(false);
    }

    /// Settles the attempt by the outcome of the check.
    pub fn settle(self, refused: Option<Code>) {
        match refused {
            Some(Code::Unavailable | Code::Internal) => self.undecided(),
            Some(
                Code::Unauthorized
                | Code::Forbidden
                | Code::IpNotAllowed
                | Code::NotFound
                | Code::InvalidFields
                | Code::AlreadyBootstrapped,
            ) => self.failed(),
            None | Some(_) => self.passed(),
        }
    }

    fn release(&mut self, failed: bool) {
        if std::mem::take(&mut self.counted) {
            let counter = (self.client, self.kind.bucket());
            self.attempts
                .counts(|counts, now| counts.settle(counter, failed, now));
            self.attempts.settled.notify_waiters();
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.release(true);
    }
}

impl Engine {
    /// The failed attempts of this process.
    pub fn attempts(&self) -> &Arc<Attempts> {
        &self.inner.attempts
    }

    /// Checks a credential, unless its client failed too often.
    ///
    /// # Errors
    /// `TooManyAttempts`, without having checked it; else as the check.
    pub async fn attempt<T>(
        &self,
        kind: Kind,
        origin: &Origin,
        shown: &[u8],
        check: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let attempt = self
            .attempts()
            .begin(kind, Client::of(origin), shown)
            .await?;
        let checked = check.await;
        attempt.settle(checked.as_ref().err().map(Error::code));
        checked
    }
}
