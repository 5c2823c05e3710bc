//! Why an operation did not happen, and what of that may cross a door.

use domain::policy::Denied;
use domain::{Code, ConflictReason, FieldFault, KeyId, Problem, Scope};

use crate::store::StoreError;

/// Why an operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing of that id exists within the organization.
    #[error("not found")]
    NotFound,
    /// The person signed in too long ago for this.
    #[error("a fresh sign-in is required")]
    FreshSignInRequired,
    /// The invitation is for another address.
    #[error("an invitation for another address")]
    WrongAddress,
    /// The policy said no.
    #[error("denied")]
    Denied,
    /// The key lacks this scope.
    #[error("the key lacks the scope {0}")]
    MissingScope(Scope),
    /// The credential does not work, or does not work any more.
    #[error("unauthenticated: {0}")]
    Unauthenticated(&'static str),
    /// The client failed too often to be heard now.
    #[error("too many failed attempts")]
    TooManyAttempts {
        /// How long it has to wait.
        seconds: u64,
    },
    /// Some fields are at fault.
    #[error("invalid fields: {0:?}")]
    Invalid(Vec<FieldFault>),
    /// The current state does not allow it.
    #[error("conflict: {}", .0.sentence())]
    Conflict(ConflictReason),
    /// The current state does not allow it, which has a code of its own.
    #[error("conflict: {}", .0.sentence())]
    ConflictCode(Code),
    /// A retry of a request that made this key.
    #[error("already done: key {0}")]
    AlreadyDone(KeyId),
    /// A form that was sent again, after it made what is shown only once.
    #[error("the form was sent before")]
    Repeated,
    /// The database does not answer for the moment.
    #[error("busy")]
    Busy(#[source] StoreError),
    /// The organization's audit log was altered; nothing goes on until the operator has looked.
    #[error("the audit log of the organization was altered")]
    OnHold,
    /// A fault of ours, or rows that do not bear their own seal.
    #[error("broken: {0}")]
    Broken(String),
}

/// What an operation comes to.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What may leave the house. Of a fault of ours only the request's id does.
    pub fn to_problem(&self, request_id: &str) -> Problem {
        let mut problem = Problem::new(self.code(), request_id);
        match self {
            Self::MissingScope(scope) => problem.details = format!("This key does not have the scope {scope}"),
            Self::Conflict(reason) => problem.details = reason.sentence().to_owned(),
            Self::Invalid(fields) => problem.fields.clone_from(fields),
            Self::TooManyAttempts { seconds } => {
                problem.retry_after = Some(u16::try_from(*seconds).unwrap_or(u16::MAX))
            }
            _ => {}
        }
        problem
    }

    /// The state of things does not allow it, in the code's own words.
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
