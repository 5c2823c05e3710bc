use thiserror::Error;

/// Why a sign-in or a token was refused. Meant for logs; tell the visitor no more than "sign-in failed".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Failure {
    /// The token is longer than 16 KiB.
    #[error("the token is too large")]
    TooLarge,
    /// The token is not three base64url parts with JSON objects inside.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// A JSON object in the token names a member twice.
    #[error("a JSON member appears twice")]
    DuplicateMember,
    /// The header's `alg` is anything but `RS256`.
    #[error("the algorithm is not RS256")]
    BadAlgorithm,
    /// The header demands an extension (`crit`, `b64`).
    #[error("the token demands an extension")]
    CriticalHeader,
    /// The header's `typ` is present and not `JWT`.
    #[error("the token is of another type")]
    WrongType,
    /// The header names no key, and there is not one key only.
    #[error("the token names no key")]
    MissingKid,
    /// The provider publishes no such key.
    #[error("the key is unknown")]
    UnknownKid,
    /// The signature does not verify with the key the token names.
    #[error("the signature is wrong")]
    BadSignature,
    /// `iss` is not the configured issuer.
    #[error("the issuer is wrong")]
    WrongIssuer,
    /// The `iss` parameter of the redirect is not the configured issuer, or is missing though promised (RFC 9207).
    #[error("the redirect came from another issuer")]
    WrongIssuerParameter,
    /// `aud` does not name us.
    #[error("the audience is wrong")]
    WrongAudience,
    /// `azp` is not us, or is missing while there are several audiences.
    #[error("the authorized party is wrong")]
    WrongAzp,
    /// A required claim is absent.
    #[error("the claim {0} is absent")]
    MissingClaim(&'static str),
    /// A time is not a number of seconds, or one that no calendar has.
    #[error("the claim {0} is not a number of seconds")]
    BadTime(&'static str),
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `exp` is more than 30 days away.
    #[error("the token lives too long")]
    LivesTooLong,
    /// `iat` is in the future.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `auth_time` is in the future.
    #[error("the sign-in happened in the future")]
    SignedInInFuture,
    /// `auth_time` is before the fresh sign-in that was asked for.
    #[error("the sign-in is not a fresh one")]
    NotFresh,
    /// `nonce` is not the one of this flow.
    #[error("the nonce is wrong")]
    WrongNonce,
    /// `sub` is not a string of 1 to 255 bytes without control characters.
    #[error("the subject is unusable")]
    BadSubject,
    /// `hd` is not the configured hosted domain.
    #[error("the hosted domain is wrong")]
    HostedDomain,
    /// The e-mail is of none of the domains that are let in.
    #[error("the e-mail is of another domain")]
    EmailDomain,
    /// The provider vouches for no e-mail, and one of certain domains is asked for.
    #[error("the e-mail is not verified")]
    UnverifiedEmail,
    /// The caller's flow strings have a length the protocol forbids.
    #[error("the flow's strings have a wrong length")]
    BadFlow,
    /// The token endpoint refused the code; holds the provider's error code.
    #[error("the token endpoint refused: {0}")]
    TokenEndpoint(String),
    /// The token endpoint's answer holds no ID token.
    #[error("the token endpoint gave no ID token")]
    MissingIdToken,
    /// The provider did not answer in time, or answered with an error status.
    #[error("the provider cannot be reached: {0}")]
    ProviderUnreachable(String),
    /// The provider's answer cannot be understood.
    #[error("the provider's answer is malformed: {0}")]
    ProviderMalformed(String),
    /// The provider's answer is longer than 64 KiB.
    #[error("the provider's answer is too large")]
    AnswerTooLarge,
    /// The discovery document is of another issuer.
    #[error(
        "the discovery document names another issuer: configured is {configured}, the provider names itself {named}"
    )]
    DiscoveryMismatch {
        /// The issuer of the settings.
        configured: String,
        /// The issuer of the document.
        named: String,
    },
    /// The userinfo endpoint spoke of someone else than the ID token.
    #[error("the userinfo endpoint names another subject than the ID token")]
    WrongUserinfo,
    /// The discovery document names an endpoint that is not https.
    #[error("the provider's {0} is not https")]
    InsecureEndpoint(&'static str),
}

impl Failure {
    /// Whether the provider is at fault (down or broken) rather than the token or the visitor.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::ProviderUnreachable(_)
                | Self::ProviderMalformed(_)
                | Self::AnswerTooLarge
                | Self::DiscoveryMismatch { .. }
                | Self::InsecureEndpoint(_)
        )
    }
}

/// Why a client, a verifier or a stand-in could not be made from its settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The address is not a plain https address (http is allowed on loopback only).
    #[error("{0} must be an https address without user, query or fragment (http only on loopback)")]
    BadAddress(&'static str),
    /// The client id is empty.
    #[error("the client id is empty")]
    EmptyClientId,
    /// The Firebase project id has impossible characters.
    #[error("the project id is not one of Firebase")]
    BadProject,
    /// The stand-in provider was asked to run somewhere other than this machine.
    #[error("the stand-in provider runs on a loopback address only")]
    NotLoopback,
    /// The HTTP client could not be made, for instance for want of root certificates.
    #[error("the HTTP client could not be made")]
    Http(#[from] reqwest::Error),
    /// No RSA key could be made.
    #[error("no signing key could be made")]
    SigningKey,
}
