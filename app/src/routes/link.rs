//! The token in the link of an invitation. It is a secret, so only [`LinkToken::as_str`] reveals
//! it.

use std::fmt;
use std::str::FromStr;

/// The maximum length. Tokens are shorter.
const MOST: usize = 64;

/// The token in the link of an invitation, whether it is valid or not.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(String);

impl LinkToken {
    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LinkToken {
    type Err = ();

    /// Accepts letters and digits. A truncated token is a token too, but not a valid one.
    fn from_str(text: &str) -> Result<Self, ()> {
        let sound = (1..=MOST).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric());
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(())
        }
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b4_a_token_is_letters_and_digits_and_is_never_printed() {
        let token: LinkToken = "Zk3y09".parse().expect("token");
        assert_eq!(
            (token.as_str(), format!("{token:?}").as_str()),
            ("Zk3y09", "LinkToken")
        );
        for bad in ["", "a/b", "a b", "a.b", "a%2f", "ü", &"a".repeat(65)] {
            assert!(bad.parse::<LinkToken>().is_err(), "{bad:?}");
        }
    }
}
