//! The format of a key (D1, D2): `brand_kind_`, then 8 characters of lookup, 43 of secret and 6 of
//! check.
//!
//! The check detects typos and guesses before any query. It is not secret and has no other purpose.

use std::fmt;
use std::str::FromStr;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::closed_set;
use crate::environment::Environment;
use crate::scope::Permissions;

mod presented;

pub use presented::{ForeignKey, PresentedKey};

/// The characters of the lookup, secret and check parts.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters of the public lookup part.
pub const LOOKUP: usize = 8;
/// Characters of the secret part: 62^43 is just over 2^256.
pub const SECRET: usize = 43;
const CHECK: usize = 6;
const BODY: usize = LOOKUP + SECRET + CHECK;
/// The most characters of a brand.
const BRAND: usize = 12;
const ASTERISKS: usize = 28;

closed_set! {
    /// The kind of a key, which is the second word of its text.
    pub enum KeyKind {
        /// `sk`: production, everything that its owner's role allows.
        Secret = "sk",
        /// `live`: production, restricted to selected scopes.
        Live = "live",
        /// `test`: sandbox.
        Test = "test",
    }
}

impl KeyKind {
    /// The kind of a key with this environment and these permissions (D1).
    pub const fn of(environment: Environment, permissions: Permissions) -> Self {
        match (environment, permissions) {
            (Environment::Test, _) => Self::Test,
            (Environment::Production, Permissions::Everything) => Self::Secret,
            (Environment::Production, Permissions::Only(_)) => Self::Live,
        }
    }

    /// The environment of a key of this kind.
    pub const fn environment(self) -> Environment {
        match self {
            Self::Secret | Self::Live => Environment::Production,
            Self::Test => Environment::Test,
        }
    }
}

/// The first word of every new key; `rt` unless the installation configures another. Keys of other
/// brands stay valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand(String);

impl Default for Brand {
    fn default() -> Self {
        Self("rt".into())
    }
}

impl FromStr for Brand {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_valid = (1..=BRAND).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err("a brand is 1 to 12 lower-case letters and digits")
        }
    }
}

impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A search text without the secret of a key. If a word is a key, or contains more of a key than
/// its public part, the result is only that public part. Only the result may be used in a URL.
pub fn public_part(typed: &str) -> &str {
    let words = typed.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter_map(prefix_of)
        .next()
        .unwrap_or(typed.trim())
}

/// The text with every key, and every part of a key that is longer than its public part, cut to its
/// public part.
pub fn redacted(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut kept = 0;
    let mut from = 0;
    while let Some(begin) = body_begin(&text[from..]).map(|begin| from + begin) {
        let end = begin + letters(&text[begin..]);
        if end - begin > LOOKUP {
            clean.push_str(&text[kept..begin + LOOKUP]);
            clean.push('…');
            kept = end;
        }
        // The end of one tag can be the start of the next.
        from = begin - 1;
    }
    clean + &text[kept..]
}

/// Every whole key in the text, also next to other letters.
pub fn keys_within(text: &str) -> Vec<PlainKey> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = body_begin(&text[from..]).map(|begin| from + begin) {
        found.extend(key_around(text, begin));
        from = begin - 1;
    }
    found
}

/// The position of the body after the next tag of a key.
fn body_begin(text: &str) -> Option<usize> {
    if !text.contains('_') {
        return None;
    }
    let positions = KeyKind::ALL.into_iter().filter_map(|kind| {
        let word = kind.as_str();
        let tag = text
            .match_indices(word)
            .find(|(at, _)| text[..*at].ends_with('_') && text[at + word.len()..].starts_with('_'));
        tag.map(|(at, _)| at + word.len() + 1)
    });
    positions.min()
}

/// The number of letters and digits at the start of a text.
fn letters(text: &str) -> usize {
    text.bytes()
        .take_while(u8::is_ascii_alphanumeric)
        .count()
}

/// The key whose body begins there. The check decides how much of the text before it is the brand.
fn key_around(text: &str, begin: usize) -> Option<PlainKey> {
    let end = begin + BODY;
    let tag = text[..begin].strip_suffix('_')?.rfind('_')?;
    let brand = text[..tag]
        .bytes()
        .rev()
        .take(BRAND)
        .take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let whole = |length: usize| PlainKey::parse(text.get(tag - length..end)?).ok();
    (1..=brand.count()).find_map(whole)
}

fn prefix_of(word: &str) -> Option<&str> {
    let mut parts = word.splitn(3, '_');
    parts.next()?.parse::<Brand>().ok()?;
    parts.next()?.parse::<KeyKind>().ok()?;
    let body = parts.next().filter(|body| body.len() > LOOKUP)?;
    Some(&word[..word.len() - body.len() + LOOKUP])
}

/// The text is not a key. The reason is not recorded, because the response must not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// A whole key. It can be displayed once and hashed; it cannot be stored, compared, printed or
/// serialized.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PlainKey(String);

impl PlainKey {
    /// Assembles a new key from characters that the caller chose at random from [`BASE62`].
    pub fn assemble(
        brand: &Brand,
        kind: KeyKind,
        lookup: &[u8; LOOKUP],
        secret: &[u8; SECRET],
    ) -> Self {
        let mut text = String::with_capacity(brand.0.len() + 6 + BODY);
        text.push_str(&brand.0);
        text.push('_');
        text.push_str(kind.as_str());
        text.push('_');
        text.extend(
            lookup
                .iter()
                .chain(secret)
                .map(|&byte| char::from(byte)),
        );
        let check = check(text.as_bytes());
        text.extend(check.iter().map(|&byte| char::from(byte)));
        Self(text)
    }

    /// Reads a key and verifies its length, characters and check digits, so that no query is needed
    /// to reject a bad key.
    ///
    /// # Errors
    /// [`Malformed`], for every reason.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let (tag, body) = text.rsplit_once('_').ok_or(Malformed)?;
        let (brand, kind) = tag.split_once('_').ok_or(Malformed)?;
        brand.parse::<Brand>().map_err(|_| Malformed)?;
        kind.parse::<KeyKind>().map_err(|_| Malformed)?;
        if body.len() != BODY || !body.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Malformed);
        }
        let (checked, digits) = text.as_bytes().split_at(text.len() - CHECK);
        if check(checked) != digits {
            Err(Malformed)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The whole key, for the one response that shows it and for hashing.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The kind of the key.
    pub fn kind(&self) -> KeyKind {
        self.tag()
            .split('_')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .unwrap_or(KeyKind::Test)
    }

    /// The public leading part: brand, kind and lookup, such as `rt_sk_Ab3dE9xQ`.
    pub fn prefix(&self) -> String {
        self.0[..self.tag().len() + LOOKUP].to_owned()
    }

    /// The masked form: tag, 28 asterisks, the last four characters. Those four belong to the
    /// check, so the masked form contains no character of the secret.
    pub fn preview(&self) -> String {
        format!(
            "{}{}{}",
            self.tag(),
            "*".repeat(ASTERISKS),
            &self.0[self.0.len() - 4..]
        )
    }

    fn tag(&self) -> &str {
        &self.0[..self.0.len() - BODY]
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(…)")
    }
}

/// CRC-32/ISO-HDLC as six base62 digits, zero-padded.
fn check(text: &[u8]) -> [u8; CHECK] {
    let mut rest = crc32fast::hash(text) as usize;
    let mut digits = [b'0'; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    use super::*;

    fn key() -> impl Strategy<Value = PlainKey> {
        let letters = |n| prop::collection::vec(prop::sample::select(BASE62.to_vec()), n);
        (
            prop::sample::select(KeyKind::ALL.to_vec()),
            letters(LOOKUP),
            letters(SECRET),
        )
            .prop_map(|(kind, lookup, secret)| {
                let lookup = lookup.try_into().expect("eight");
                PlainKey::assemble(
                    &Brand::default(),
                    kind,
                    &lookup,
                    &secret.try_into().expect("forty-three"),
                )
            })
    }

    fn sample() -> PlainKey {
        PlainKey::assemble(
            &Brand::default(),
            KeyKind::Secret,
            b"Ab3dE9xQ",
            &[b'z'; SECRET],
        )
    }

    // RK-44: a new key begins with rt_sk_. RO-26: its prefix is unique.
    #[test]
    fn a_key_has_the_documented_format() {
        let key = sample();
        assert_eq!(key.expose().len(), 63);
        assert!(key.expose().starts_with("rt_sk_Ab3dE9xQ"));
        assert_eq!(key.prefix(), "rt_sk_Ab3dE9xQ");
        assert_eq!(key.kind(), KeyKind::Secret);
        assert_eq!(format!("{key:?}"), "PlainKey(…)");
    }

    #[test]
    fn a_search_text_contains_no_secret() {
        let key = sample();
        let whole = key.expose();
        for typed in [
            whole,
            &format!("  {whole}\n"),
            &format!("export ROUNDTABLE_API_KEY='{whole}'"),
            &whole[..20],
        ] {
            assert_eq!(public_part(typed), "rt_sk_Ab3dE9xQ", "{typed:?}");
        }
        for typed in [
            "rt_sk_Ab3dE9xQ",
            "rt_sk_",
            "CI/CD Pipeline",
            "",
            "نور",
            "my_testing_environment",
        ] {
            assert_eq!(public_part(typed), typed);
        }
        assert_eq!(public_part("  Olivia "), "Olivia");
    }

    // RK-16, RK-17
    #[test]
    fn the_preview_is_the_tag_28_asterisks_and_the_last_four_characters() {
        let key = sample();
        let last = &key.expose()[59..];
        assert_eq!(
            key.preview(),
            format!("rt_sk_****************************{last}")
        );
        assert_eq!(
            key.preview().len(),
            "rt_sk_****************************a1b2".len()
        );
    }

    // The catalogue of CRCs gives cbf43926 as the check value of CRC-32/ISO-HDLC for "123456789".
    #[test]
    fn the_checksum_is_crc_32_iso_hdlc() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_key_of_another_brand_is_valid() {
        let acme = "acme".parse().expect("brand");
        let key = PlainKey::assemble(&acme, KeyKind::Live, b"00000000", &[b'1'; SECRET]);
        assert!(key.expose().starts_with("acme_live_") && PlainKey::parse(key.expose()).is_ok());
        assert!(
            "Acme".parse::<Brand>().is_err()
                && "".parse::<Brand>().is_err()
                && "a_b".parse::<Brand>().is_err()
        );
    }

    #[test]
    fn texts_that_resemble_a_key_are_rejected() {
        let key = sample();
        let text = key.expose();
        let cyrillic = text.replace("sk", "\u{455}k");
        for bad in [
            "",
            "rt",
            "rt_sk_",
            "rt_sk",
            &text[1..],
            &text[..62],
            &format!("{text}a"),
            &format!(" {text}"),
            &cyrillic,
        ] {
            assert_eq!(PlainKey::parse(bad).err(), Some(Malformed), "{bad:?}");
        }
    }

    /// Every replacement of one character of `text`, and every swap of two different neighbours.
    fn edits(text: &str) -> impl Iterator<Item = String> + '_ {
        let replaced = (0..text.len()).flat_map(move |at| {
            BASE62
                .iter()
                .chain(b"_- .")
                .filter(move |&&c| c != text.as_bytes()[at])
                .map(move |&c| {
                    let mut bytes = text.as_bytes().to_vec();
                    bytes[at] = c;
                    String::from_utf8_lossy(&bytes).into_owned()
                })
        });
        let swapped = (1..text.len())
            .filter(move |&at| text.as_bytes()[at] != text.as_bytes()[at - 1])
            .map(move |at| {
                let mut bytes = text.as_bytes().to_vec();
                bytes.swap(at, at - 1);
                String::from_utf8_lossy(&bytes).into_owned()
            });
        replaced.chain(swapped)
    }

    #[test]
    fn a_key_with_one_edit_or_swap_is_rejected() {
        let mut tried = 0_u32;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        while tried < 100_000 {
            let key = key()
                .new_tree(&mut runner)
                .expect("tree")
                .current();
            assert!(PlainKey::parse(key.expose()).is_ok());
            for edit in edits(key.expose()) {
                assert!(PlainKey::parse(&edit).is_err(), "{edit} is accepted");
                tried += 1;
            }
        }
    }

    proptest! {
        // RK-34
        #[test]
        fn the_preview_contains_nothing_of_the_secret(key in key()) {
            let text = key.expose();
            let preview = key.preview();
            prop_assert_eq!(preview.matches('*').count(), 28);
            prop_assert!(text.ends_with(&preview[preview.len() - 4..]));
            prop_assert_eq!(PlainKey::parse(&preview).err(), Some(Malformed));
        }

        #[test]
        fn parsing_any_text_does_not_panic(text in ".*") {
            let _ = PlainKey::parse(&text);
        }
    }
}
