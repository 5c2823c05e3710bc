//! Why a sign-in comes to nothing.

/// Why a sign-in did not succeed; the sign-in page has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The person turned back at the provider.
    Cancelled,
    /// It took too long, or came back in another browser.
    Expired,
    /// The account is none of those that are let in.
    NotAllowed,
    /// The provider does not confirm the email address of the account.
    Unverified,
    /// A fresh sign-in was asked for, and the provider gave an old one.
    NotFresh,
    /// A fresh sign-in was asked for, and the provider does not say when it was.
    Undated,
    /// A fresh sign-in ended with someone else.
    SomeoneElse,
    /// What came back is no good; why stands in the log only.
    Refused,
    /// The provider, or we ourselves, cannot be reached.
    Unavailable,
}

impl Problem {
    /// The word in the address of the sign-in page.
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

    /// What an error code of the provider means (RFC 6749, 4.1.2.1).
    pub fn said(error: &str) -> Self {
        match error {
            "access_denied" => Self::Cancelled,
            "server_error" | "temporarily_unavailable" => Self::Unavailable,
            _ => Self::Refused,
        }
    }
}

/// What to tell the person; what went wrong stands in the log.
pub(super) fn to_problem(failure: &oidc::Failure) -> Problem {
    use oidc::Failure as F;
    if failure.is_outage() {
        tracing::warn!(cause = %failure, "the sign-in provider does not answer as it should");
    } else {
        tracing::warn!(reason = %failure, "a sign-in was refused");
    }
    match failure {
        F::HostedDomain | F::EmailDomain => Problem::NotAllowed,
        F::UnverifiedEmail => Problem::Unverified,
        F::NotFresh => Problem::NotFresh,
        F::MissingClaim("auth_time") => Problem::Undated,
        failure if failure.is_outage() => Problem::Unavailable,
        _ => Problem::Refused,
    }
}

/// The database does not answer.
pub(super) fn unavailable(error: engine::Error) -> Problem {
    tracing::error!(%error, "a sign-in could not be kept");
    Problem::Unavailable
}
