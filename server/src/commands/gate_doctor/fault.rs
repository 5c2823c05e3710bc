//! What can be wrong with the configuration of a proxy.

/// A fault of the configuration. [`super::advice`] says how to repair it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A request without a valid key passes.
    Unprotected,
    /// A refusal has another status than that of the gate.
    WrongRefusal,
    /// A refusal lacks `WWW-Authenticate`.
    NoChallenge,
    /// The gate refuses a valid key.
    ValidKeyRefused,
    /// The proxy does not reach Roundtable or the API.
    Unavailable,
    /// The gate does not require the scope.
    ScopeNotRequired,
    /// The proxy keeps the answer of a check.
    Cached,
    /// A key in the query is accepted.
    KeyInQuery,
    /// The check has the length of the body, or the body itself.
    BodyInCheck,
    /// The proxy does not accept a body of 1 MB.
    BodyLimit,
    /// The body does not arrive at the API.
    BodyLost,
    /// The proxy passes requests on to another address than that of `--app`.
    OtherApi,
    /// A refused request reaches the API.
    PassedBeforeCheck,
    /// The API sees the key in the header that carries it.
    KeyVisible(&'static str),
    /// The API sees the key in another header.
    KeyCopied(String),
    /// A header of the gate does not arrive.
    HeaderMissing(&'static str),
    /// The client's value of a header of the gate arrives.
    HeaderForged(&'static str),
    /// A header of the gate that is spelled with underscores arrives.
    Underscores,
    /// A header of the gate that is spelled with dots arrives.
    Dots,
    /// A header that the gate does not send, but whose name starts with `X-Roundtable-`, arrives.
    OtherHeader,
    /// The API sees another method.
    MethodChanged,
}
