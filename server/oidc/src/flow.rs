//! The secrets of a sign-in.

use std::fmt;

use crate::Failure;

/// The secrets of a sign-in. The caller generates each from 32 random bytes and stores them until
/// the redirect.
#[derive(Clone)]
pub struct Flow {
    /// Binds the redirect to the browser that started the sign-in. The caller compares it. Here it
    /// is only sent.
    pub state: String,
    /// Binds the ID token to this sign-in.
    pub nonce: String,
    /// Binds the code to this sign-in (PKCE). 43 to 128 characters.
    pub pkce_verifier: String,
    /// If set, the user must sign in at the provider after this time in seconds, even if they have
    /// a session there.
    pub fresh_since: Option<i64>,
}

impl Flow {
    /// Checks the lengths. An empty nonce would match an empty nonce, and the protocol limits the
    /// PKCE verifier.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let is_valid = !self.state.is_empty()
            && !self.nonce.is_empty()
            && (43..=128).contains(&self.pkce_verifier.len());
        if is_valid {
            Ok(())
        } else {
            Err(Failure::BadFlow)
        }
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
        let flow = Flow {
            state: "s3cret".into(),
            nonce: "s3cret".into(),
            pkce_verifier: "s3cret".into(),
            fresh_since: None,
        };
        assert!(!format!("{flow:?}").contains("s3cret"));
    }
}
