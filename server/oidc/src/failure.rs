//! Why a sign-in, a token or a configuration was rejected.

use thiserror::Error;

/// Why a sign-in or a token was rejected. The reasons are for logs. A user must not see more than
/// "sign-in failed".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Failure {
    /// The token is longer than 16 KiB.
    #[error("the token is too large")]
    TooLarge,
    /// The token does not consist of three base64url parts with JSON objects.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// A JSON object in the token names a member twice.
    #[error("a JSON member appears twice")]
    DuplicateMember,
    /// The header's `alg` is anything but `RS256`.
    #[error("the algorithm is not RS256")]
    BadAlgorithm,
    /// The header requires an extension (`crit`, `b64`).
    #[error("the token requires an extension")]
    CriticalHeader,
    /// The header's `typ` is present and not `JWT`.
    #[error("the token is of another type")]
    WrongType,
    /// The header has no key ID, and the key set does not consist of exactly one key.
    #[error("the token has no key ID")]
    MissingKid,
    /// The provider does not publish this key.
    #[error("the key is unknown")]
    UnknownKid,
    /// The signature cannot be verified with the key of the token.
    #[error("the signature is wrong")]
    BadSignature,
    /// `iss` is not the configured issuer.
    #[error("the issuer is wrong")]
    WrongIssuer,
    /// The parameter `iss` of the redirect is not the configured issuer, or is missing although the
    /// provider announces it (RFC 9207).
    #[error("the redirect came from another issuer")]
    WrongIssuerParameter,
    /// `aud` does not contain the client ID.
    #[error("the audience is wrong")]
    WrongAudience,
    /// `azp` is not the client ID, or is missing although there are several audiences.
    #[error("the authorized party is wrong")]
    WrongAzp,
    /// A required claim is missing.
    #[error("the claim {0} is missing")]
    MissingClaim(&'static str),
    /// A time is not a number of seconds or is out of range.
    #[error("the claim {0} is not a number of seconds")]
    BadTime(&'static str),
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `exp` is more than 30 days away.
    #[error("the lifetime of the token is too long")]
    LivesTooLong,
    /// `iat` is in the future.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `auth_time` is in the future.
    #[error("the sign-in is in the future")]
    SignedInInFuture,
    /// `auth_time` is before the requested fresh sign-in.
    #[error("the sign-in is not fresh")]
    NotFresh,
    /// `nonce` is not that of this sign-in.
    #[error("the nonce is wrong")]
    WrongNonce,
    /// `sub` is not a string of 1 to 255 bytes without control characters.
    #[error("the subject is invalid")]
    BadSubject,
    /// `hd` is not the configured hosted domain.
    #[error("the hosted domain is wrong")]
    HostedDomain,
    /// The email is in none of the allowed domains.
    #[error("the domain of the email is not allowed")]
    EmailDomain,
    /// The provider does not confirm an email, and only certain domains are allowed.
    #[error("the email is not verified")]
    UnverifiedEmail,
    /// A secret of the flow has a length that the protocol does not allow.
    #[error("the length of a secret of the flow is invalid")]
    BadFlow,
    /// The token endpoint has rejected the code. Contains the error code of the provider.
    #[error("the token endpoint returned the error {0}")]
    TokenEndpoint(String),
    /// The response of the token endpoint has no ID token.
    #[error("the token endpoint returned no ID token")]
    MissingIdToken,
    /// The provider did not respond in time, or responded with an error status.
    #[error("the provider is unavailable: {0}")]
    ProviderUnreachable(String),
    /// The response of the provider cannot be parsed.
    #[error("the response of the provider is malformed: {0}")]
    ProviderMalformed(String),
    /// The response of the provider is longer than 64 KiB.
    #[error("the response of the provider is too large")]
    ResponseTooLarge,
    /// The discovery document has another issuer.
    #[error(
        "the discovery document has another issuer: configured is {configured}, the document has {named}"
    )]
    DiscoveryMismatch {
        /// The issuer of the settings.
        configured: String,
        /// The issuer of the document.
        named: String,
    },
    /// The subject of the userinfo response is not that of the ID token.
    #[error("the userinfo response has another subject than the ID token")]
    WrongUserinfo,
    /// The discovery document has an endpoint without https.
    #[error("the {0} of the provider does not use https")]
    InsecureEndpoint(&'static str),
}

impl Failure {
    /// Whether the provider is unavailable or misconfigured, rather than the token or the sign-in
    /// invalid.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::ProviderUnreachable(_)
                | Self::ProviderMalformed(_)
                | Self::ResponseTooLarge
                | Self::DiscoveryMismatch { .. }
                | Self::InsecureEndpoint(_)
        )
    }
}

/// Why a client, a verifier or a development provider could not be created from its settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A URL is not a plain https URL. Plain http is allowed on loopback only.
    #[error("{0} must be an https URL without user, query or fragment (http only on loopback)")]
    BadUrl(&'static str),
    /// The client ID is empty.
    #[error("the client ID is empty")]
    EmptyClientId,
    /// The Firebase project ID has invalid characters.
    #[error("the project ID has characters that Firebase does not allow")]
    BadProject,
    /// The development identity provider must not be reachable from other machines.
    #[error("the development identity provider runs on a loopback address only")]
    NotLoopback,
    /// The HTTP client could not be created, for example because there are no root certificates.
    #[error("the HTTP client could not be created")]
    Http(#[from] reqwest::Error),
}
