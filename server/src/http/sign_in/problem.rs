//! Why a sign-in failed.

use engine::ctx::Origin;

/// Why a sign-in failed. The sign-in page has a sentence for each reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignInProblem {
    /// The user has canceled at the provider.
    Cancelled,
    /// The sign-in took too long or was completed in another browser.
    Expired,
    /// The account may not sign in here.
    NotAllowed,
    /// The provider does not confirm the email of the account.
    Unverified,
    /// A fresh sign-in was requested, and the provider did not ask the user to sign in again.
    NotFresh,
    /// A fresh sign-in was requested, and the provider does not report the time of the sign-in.
    Undated,
    /// A fresh sign-in was requested, and another user signed in.
    SomeoneElse,
    /// The response of the provider was rejected. The log has the reason.
    Refused,
    /// The provider or the database is unavailable.
    Unavailable,
}

impl SignInProblem {
    /// The value in the URL of the sign-in page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::NotAllowed => "not_allowed",
            Self::Unverified => "unverified",
            Self::NotFresh => "not_fresh",
            Self::Undated => "undated",
            Self::SomeoneElse => "someone_else",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }

    /// The meaning of an error code of the provider (RFC 6749, 4.1.2.1).
    pub fn from_error_code(error: &str) -> Self {
        match error {
            "access_denied" => Self::Cancelled,
            "server_error" | "temporarily_unavailable" => Self::Unavailable,
            _ => Self::Refused,
        }
    }
}

/// Logs the failure, and returns what the user sees of it.
pub(super) fn to_problem(failure: &oidc::Failure, origin: &Origin) -> SignInProblem {
    use oidc::Failure as F;
    let (request_id, trace_id) = (&origin.request_id, origin.trace_field());
    if failure.is_outage() {
        tracing::warn!(request_id, trace_id, cause = %failure, "the identity provider is unavailable or misconfigured");
    } else {
        tracing::warn!(request_id, trace_id, reason = %failure, "sign-in rejected");
    }
    match failure {
        F::HostedDomain | F::EmailDomain => SignInProblem::NotAllowed,
        F::UnverifiedEmail => SignInProblem::Unverified,
        F::NotFresh => SignInProblem::NotFresh,
        F::MissingClaim("auth_time") => SignInProblem::Undated,
        failure if failure.is_outage() => SignInProblem::Unavailable,
        _ => SignInProblem::Refused,
    }
}

/// Logs that the database is unavailable.
pub(super) fn unavailable(error: engine::Error, origin: &Origin) -> SignInProblem {
    let trace_id = origin.trace_field();
    tracing::error!(request_id = origin.request_id, trace_id, %error, "a sign-in failed because the database is unavailable");
    SignInProblem::Unavailable
}
