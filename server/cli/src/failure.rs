//! Why a command failed, and its exit code.

use serde::Serialize;

/// Why a command failed. The message is one sentence; `next` says what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    kind: FailureKind,
    message: String,
    next: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

/// The kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Something else.
    Failed,
    /// An argument is wrong.
    Usage,
    /// The person said no.
    Cancelled,
    /// Nobody is signed in, or the sign-in is too old.
    NotSignedIn,
    /// The API refused it, or it does not exist.
    Refused,
    /// The installation cannot be reached, or is overloaded.
    Unavailable,
}

impl FailureKind {
    const fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Cancelled => 3,
            Self::NotSignedIn => 4,
            Self::Refused => 5,
            // EX_UNAVAILABLE in sysexits.h.
            Self::Unavailable => 69,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Cancelled => "cancelled",
            Self::NotSignedIn => "not_signed_in",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A failure as JSON.
#[derive(Serialize)]
pub struct FailureBody<'a> {
    code: &'a str,
    message: &'a str,
    next: Option<&'a str>,
    request_id: Option<&'a str>,
}

impl Failure {
    /// A failure with its sentence.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            next: None,
            code: None,
            request_id: None,
        }
    }

    /// Nobody is signed in at an installation.
    pub fn not_signed_in(installation: &str) -> Self {
        Self::new(
            FailureKind::NotSignedIn,
            format!("You are not signed in at {installation}."),
        )
        .next(format!(
            "Run `roundtable auth login --url {installation}`."
        ))
    }

    /// The installation has answered with something else than expected.
    pub fn unreadable(error: impl std::fmt::Display) -> Self {
        Self::new(
            FailureKind::Failed,
            format!("The answer of the installation cannot be read: {error}."),
        )
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn next(self, next: impl Into<String>) -> Self {
        Self {
            next: Some(next.into()),
            ..self
        }
    }

    /// Adds the code of the API's problem, and the ID of the request.
    #[must_use]
    pub fn of_request(self, code: Option<String>, request_id: Option<String>) -> Self {
        Self {
            code,
            request_id,
            ..self
        }
    }

    /// Its kind.
    pub const fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The code of the API's problem.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The exit code of the program.
    pub const fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// As JSON.
    pub fn body(&self) -> FailureBody<'_> {
        FailureBody {
            code: self.code.as_deref().unwrap_or(self.kind.word()),
            message: &self.message,
            next: self.next.as_deref(),
            request_id: self.request_id.as_deref(),
        }
    }

    /// As lines for people.
    pub fn lines(&self) -> Vec<String> {
        let request = self
            .request_id
            .as_ref()
            .map(|id| format!("Request ID: {id}"));
        std::iter::once(self.message.clone())
            .chain(self.next.clone())
            .chain(request)
            .collect()
    }
}

/// A file that cannot be read or written.
pub fn of_file(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::new(
        FailureKind::Failed,
        format!("{}: {error}", path.display()),
    )
}
