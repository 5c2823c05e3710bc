//! What the fuzz targets have in common: text with keys, parts of keys and other text in it.
//!
//! `.ci/prove fuzz` runs each target. By hand: `cargo fuzz run --fuzz-dir server/fuzz keys`.

use arbitrary::Arbitrary;
use domain::token::{BASE62, Brand, KeyKind, PlainKey};

/// A part of a text.
#[derive(Arbitrary, Debug)]
pub enum Piece {
    /// Any text.
    Text(String),
    /// A whole key.
    Key(KeySeed),
    /// The middle of a key, without this many bytes at its start and at its end.
    Part(KeySeed, u8, u8),
    /// A whole key with each byte percent-encoded that has a bit here, as often as the number says.
    Encoded(KeySeed, u64, u8),
}

/// What a key is made from.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct KeySeed {
    kind: u8,
    number: u64,
}

impl KeySeed {
    /// The key. Its check digits are right.
    pub fn key(self) -> PlainKey {
        let kind = KeyKind::ALL[usize::from(self.kind) % KeyKind::ALL.len()];
        let mut state = self.number;
        let mut next = || {
            // The finalizer of SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let index = (mixed >> 33) % BASE62.len() as u64;
            BASE62[usize::try_from(index).unwrap_or_default()]
        };
        PlainKey::assemble(
            &Brand::default(),
            kind,
            &std::array::from_fn(|_| next()),
            &std::array::from_fn(|_| next()),
        )
    }
}

impl Piece {
    /// The text of the piece.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Key(seed) => seed.key().expose().to_owned(),
            Self::Part(seed, start, end) => {
                let key = seed.key();
                let text = key.expose();
                let start = usize::from(*start) % text.len();
                let end = text.len() - usize::from(*end) % (text.len() - start);
                text[start..end].to_owned()
            }
            Self::Encoded(seed, which, times) => {
                let encode = |text: String| {
                    let bytes = text.bytes().enumerate();
                    bytes
                        .map(|(n, byte)| {
                            let is_encoded = byte == b'%' || which >> (n % 64) & 1 == 1;
                            if is_encoded {
                                format!("%{byte:02x}")
                            } else {
                                char::from(byte).to_string()
                            }
                        })
                        .collect()
                };
                let text = seed.key().expose().to_owned();
                (0..1 + times % 3).fold(text, |text, _| encode(text))
            }
        }
    }
}

/// The text of all pieces.
pub fn text_of(pieces: &[Piece]) -> String {
    pieces.iter().map(Piece::text).collect()
}
