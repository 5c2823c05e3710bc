//! The format of keys: what is parsed is what was presented, and no text keeps a secret once it is
//! redacted.
#![no_main]

use domain::token::{PlainKey, PresentedKey, keys_within, public_part, redacted};
use fuzz::{KeySeed, Piece, text_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<Piece>, KeySeed, usize, u8)| {
    let (pieces, seed, at, byte) = input;
    let text = text_of(&pieces);
    if let Ok(key) = PlainKey::parse(&text) {
        assert_eq!(key.expose(), text);
        assert_eq!(public_part(&text), key.prefix());
    }
    if let Some(presented) = PresentedKey::read(&text) {
        assert_eq!(presented.expose(), text.trim());
    }
    for key in keys_within(&text) {
        assert!(text.contains(key.expose()));
    }
    let clean = redacted(&text);
    assert!(keys_within(&clean).is_empty(), "{clean}");
    assert_eq!(redacted(&clean), clean);

    let key = seed.key();
    let whole = key.expose();
    assert!(PlainKey::parse(whole).is_ok());
    assert!(!key.preview().contains(&whole[whole.len() - 10..]));
    let mut changed = whole.as_bytes().to_vec();
    let at = at % changed.len();
    changed[at] = byte;
    if let Ok(changed) = String::from_utf8(changed)
        && changed != whole
    {
        assert!(
            PlainKey::parse(&changed).is_err(),
            "one byte was changed"
        );
    }
});
