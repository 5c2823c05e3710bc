//! A key as someone presents it for an API of the organization: generated here, or issued by another
//! system and imported (D34).

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::PlainKey;

/// A presented key.
#[derive(Clone, Debug)]
pub enum PresentedKey {
    /// It has the format of the keys that are generated here.
    Generated(PlainKey),
    /// It has another format. Only an imported key can be equal to it.
    Foreign(ForeignKey),
}

impl PresentedKey {
    /// Reads a key. White space around it is ignored. None if no system issues such a key.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        match PlainKey::parse(text) {
            Ok(key) => Some(Self::Generated(key)),
            Err(_) => ForeignKey::read(text).map(Self::Foreign),
        }
    }

    /// The key, if it was generated here.
    pub const fn generated(&self) -> Option<&PlainKey> {
        match self {
            Self::Generated(key) => Some(key),
            Self::Foreign(_) => None,
        }
    }

    /// The whole key, for hashing.
    pub fn expose(&self) -> &str {
        match self {
            Self::Generated(key) => key.expose(),
            Self::Foreign(key) => &key.0,
        }
    }
}

impl From<PlainKey> for PresentedKey {
    fn from(key: PlainKey) -> Self {
        Self::Generated(key)
    }
}

/// A key of another system.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ForeignKey(String);

impl ForeignKey {
    /// The fewest characters.
    const MIN: usize = 16;
    /// The most characters.
    const MAX: usize = 512;

    /// Reads 16 to 512 visible ASCII characters.
    fn read(text: &str) -> Option<Self> {
        let fits = (Self::MIN..=Self::MAX).contains(&text.len());
        (fits && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for ForeignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Brand, KeyKind};

    #[test]
    fn a_key_of_another_system_is_any_visible_text() {
        let key = PlainKey::assemble(
            &Brand::default(),
            KeyKind::Live,
            b"Ab3dE9xQ",
            &[b'z'; 43],
        );
        let read = |text: &str| PresentedKey::read(text);
        let generated = read(&format!(" {}\n", key.expose()));
        assert!(generated.is_some_and(|key| key.generated().is_some()));
        let foreign = read("sk_live_4eC39HqLyjWDarjtT1zdp7dc\n").expect("a key");
        assert_eq!(foreign.expose(), "sk_live_4eC39HqLyjWDarjtT1zdp7dc");
        assert!(foreign.generated().is_none());
        assert!(!format!("{foreign:?}").contains("4eC3"));
        for text in [
            "",
            "short",
            "with a space inside it",
            "ümläute_in_der_mitte",
            &"a".repeat(513),
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
