//! Identities of OpenID providers, as the engine stores them. The engine does not depend on the
//! `oidc` crate.

use domain::Moment;
use engine::people::Identity;

/// The identity, and the time of the sign-in if the provider has reported it.
pub fn from_provider(identity: oidc::Identity) -> (Identity, Option<Moment>) {
    let oidc::Identity {
        issuer,
        subject,
        email,
        name,
        signed_in_at,
    } = identity;
    let signed_in_at = signed_in_at.map(|seconds| Moment(seconds.saturating_mul(1000)));
    (
        Identity {
            issuer,
            subject,
            email,
            name,
        },
        signed_in_at,
    )
}
