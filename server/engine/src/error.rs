//! Why an operation failed, and what of that a client may see.

use domain::policy::Denied;
use domain::{Code, ConflictReason, Fault, FieldFault, KeyId, Problem, Scope};

use crate::store::StoreError;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The organization has nothing of this id.
    #[error("not found")]
    NotFound,
    /// The person signed in too long ago for this operation.
    #[error("a fresh sign-in is required")]
    FreshSignInRequired,
    /// The invitation is for another email.
    #[error("the invitation is for another email")]
    WrongAddress,
    /// The policy does not permit it.
    #[error("denied")]
    Denied,
    /// The key lacks this scope.
    #[error("the key lacks the scope {0}")]
    MissingScope(Scope),
    /// The key, its owner or its API does not allow the IP address of the request.
    #[error("the key cannot be used from this IP address")]
    IpNotAllowed,
    /// The credential is unknown, expired or revoked.
    #[error("unauthenticated: {0}")]
    Unauthenticated(&'static str),
    /// The client failed to authenticate too often.
    #[error("too many failed attempts")]
    TooManyAttempts {
        /// Seconds until the next attempt is allowed.
        seconds: u64,
    },
    /// Some fields are invalid.
    #[error("invalid fields: {0:?}")]
    Invalid(Vec<FieldFault>),
    /// The operation conflicts with the current state.
    #[error("conflict: {}", .0.sentence())]
    Conflict(ConflictReason),
    /// The operation conflicts with the current state, and the conflict has a code of its own.
    #[error("conflict: {}", .0.sentence())]
    ConflictCode(Code),
    /// A retry of a request that created this key.
    #[error("already done: key {0}")]
    AlreadyDone(KeyId),
    /// A form was sent again after it created something that is shown only once.
    #[error("the form was sent before")]
    Repeated,
    /// The database does not answer.
    #[error("busy")]
    Busy(#[source] StoreError),
    /// The organization's audit log was altered. It is on hold until the operator has reviewed the
    /// log.
    #[error("the audit log of the organization was altered")]
    OnHold,
    /// An internal error, or a row whose seal is not valid.
    #[error("broken: {0}")]
    Broken(String),
}

/// The result of an operation.
pub type Result<T> = std::result::Result<T, Error>;

/// One invalid field.
pub(crate) fn invalid(field: &str, fault: Fault) -> Error {
    Error::Invalid(vec![FieldFault::new(field, fault)])
}

/// A conflict with the current state, for this reason.
pub(crate) const fn conflict(reason: ConflictReason) -> Error {
    Error::Conflict(reason)
}

impl Error {
    /// What a client may see. An internal error shows only the request id.
    pub fn to_problem(&self, request_id: &str) -> Problem {
        let mut problem = Problem::new(self.code(), request_id);
        match self {
            Self::MissingScope(scope) => {
                problem.details = format!("This key does not have the scope {scope}")
            }
            Self::Conflict(reason) => problem.details = reason.sentence().to_owned(),
            Self::Invalid(fields) => problem.fields.clone_from(fields),
            Self::TooManyAttempts { seconds } => {
                problem.retry_after = Some(u16::try_from(*seconds).unwrap_or(u16::MAX))
            }
            _ => {}
        }
        problem
    }

    /// A conflict with the current state, with the sentence of its code.
    pub const fn conflict(code: Code) -> Self {
        Self::ConflictCode(code)
    }

    /// The code of the problem.
    pub const fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::FreshSignInRequired => Code::FreshSignInRequired,
            Self::WrongAddress => Code::WrongAddress,
            Self::Denied => Code::Forbidden,
            Self::MissingScope(_) => Code::MissingScope,
            Self::IpNotAllowed => Code::IpNotAllowed,
            Self::Unauthenticated(_) => Code::Unauthorized,
            Self::TooManyAttempts { .. } => Code::TooManyAttempts,
            Self::Invalid(_) => Code::InvalidFields,
            Self::Conflict(_) => Code::Conflict,
            Self::ConflictCode(code) => *code,
            Self::AlreadyDone(_) | Self::Repeated => Code::AlreadyDone,
            Self::Busy(_) | Self::OnHold => Code::Unavailable,
            Self::Broken(_) => Code::Internal,
        }
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Role => Self::Denied,
            Denied::Scope(scope) => Self::MissingScope(scope),
        }
    }
}

impl From<Vec<FieldFault>> for Error {
    fn from(faults: Vec<FieldFault>) -> Self {
        Self::Invalid(faults)
    }
}

/// A database failure is never "not found", and never a refusal of the caller: it is 503.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Row(what) => Self::Broken(what),
            other => Self::Busy(other),
        }
    }
}
