use std::fmt;

use crate::Failure;

/// The secrets of one sign-in, made by the caller from 32 random bytes each, in base64url, and kept until the return.
#[derive(Clone)]
pub struct Flow {
    /// Ties the return to the browser that left. The caller compares it; here it is only sent.
    pub state: String,
    /// Ties the ID token to this sign-in.
    pub nonce: String,
    /// Ties the code to this sign-in (PKCE); 43 to 128 characters.
    pub pkce_verifier: String,
    /// The moment, in seconds, after which the person is to have signed in: the provider is asked to have them do so
    /// although it knows them.
    pub fresh_since: Option<i64>,
}

impl Flow {
    /// An empty nonce would match an empty nonce, and the PKCE verifier's length is the protocol's.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let sound = !self.state.is_empty() && !self.nonce.is_empty() && (43..=128).contains(&self.pkce_verifier.len());
        if sound { Ok(()) } else { Err(Failure::BadFlow) }
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Flow(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let flow =
            Flow { state: "s3cret".into(), nonce: "s3cret".into(), pkce_verifier: "s3cret".into(), fresh_since: None };
        assert!(!format!("{flow:?}").contains("s3cret"));
    }
}
