//! The code that a person compares and types (RFC 8628, 6.1).

use std::fmt;
use std::str::FromStr;

/// 20 consonants: no vowels, so that no code is a word, and no digits, which look like letters.
const ALPHABET: [u8; 20] = *b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// Eight letters, shown as `WDJB-MJHT`: 34 bits, valid for ten minutes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserCode([u8; LENGTH]);

/// The text is no user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAUserCode;

impl UserCode {
    /// The code of uniformly random bytes. `None` for the bytes that would make some letters more
    /// likely than others.
    pub fn of_random(bytes: [u8; LENGTH]) -> Option<Self> {
        let largest = (256 / ALPHABET.len()) * ALPHABET.len();
        bytes
            .iter()
            .all(|byte| usize::from(*byte) < largest)
            .then(|| Self(bytes.map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()])))
    }

    /// The eight letters, without the hyphen.
    pub fn letters(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.0.iter().copied().map(char::from).collect();
        let (first, second) = text.split_at(LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

impl FromStr for UserCode {
    type Err = NotAUserCode;

    /// Reads a code as people type it: in either case, with spaces or hyphens anywhere.
    fn from_str(text: &str) -> Result<Self, NotAUserCode> {
        if text.len() > 64 {
            return Err(NotAUserCode);
        }
        let letters: Vec<u8> = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '‑' | '–' | '—' | '_'))
            .map(|c| u8::try_from(c.to_ascii_uppercase()).unwrap_or_default())
            .collect();
        let letters: [u8; LENGTH] = letters.try_into().map_err(|_| NotAUserCode)?;
        if letters
            .iter()
            .all(|letter| ALPHABET.contains(letter))
        {
            Ok(Self(letters))
        } else {
            Err(NotAUserCode)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for text in [
            "WDJB-MJHT",
            "wdjbmjht",
            " wdjb mjht\n",
            "W D J B – M J H T",
            "wdjb_mjht",
        ] {
            let code = text
                .parse::<UserCode>()
                .unwrap_or_else(|_| panic!("{text:?}"));
            assert_eq!(code.to_string(), "WDJB-MJHT");
        }
        for text in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJA-MJHT",
            "WDJB-MJH7",
            "WDJB-MJHŤ",
            &"-".repeat(80),
        ] {
            assert_eq!(
                text.parse::<UserCode>(),
                Err(NotAUserCode),
                "{text:?}"
            );
        }
    }

    #[test]
    fn every_letter_is_equally_likely() {
        let mut seen = [0u32; 26];
        for byte in 0..=u8::MAX {
            let code = UserCode::of_random([byte; LENGTH]);
            assert_eq!(code.is_none(), byte >= 240, "{byte}");
            if let Some(code) = code {
                seen[usize::from(code.letters()[0] - b'A')] += 1;
            }
        }
        let counts: Vec<_> = seen.into_iter().filter(|n| *n > 0).collect();
        assert_eq!(counts, [12; 20]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            if let Ok(code) = text.parse::<UserCode>() {
                prop_assert_eq!(code.to_string().parse(), Ok(code));
            }
        }
    }
}
