//! Redacts secrets in what is stored or logged of a request, even if they are percent-encoded.

use std::borrow::Cow;

use domain::token::{PlainKey, keys_within, redacted};

/// How often percent-encoding is decoded, because a reader of the log could decode it repeatedly
/// too.
const ROUNDS: usize = 3;
/// How every JSON Web Token begins.
const TOKEN: &str = "eyJ";

/// The text without the secret parts of keys and tokens. It stays encoded unless a secret was
/// encoded.
pub fn without_secrets(text: &str) -> String {
    let mut kept = Cow::Borrowed(text);
    let mut read = Cow::Borrowed(text);
    // Once as it is, and after each round. One text can have secrets of several rounds.
    for _ in 0..=ROUNDS {
        let clean = redacted(&without_tokens(&read));
        if clean != *read {
            kept = Cow::Owned(clean.replace(char::is_control, "\u{fffd}"));
            read = Cow::Owned(clean);
        }
        if !read.contains('%') {
            break;
        }
        read = Cow::Owned(decoded(&read));
    }
    kept.into_owned()
}

/// Every key in the text, even if it is percent-encoded. Each is found once.
pub fn keys_in(text: &str) -> Vec<PlainKey> {
    let mut found: Vec<PlainKey> = Vec::new();
    let mut read = Cow::Borrowed(text);
    for _ in 0..=ROUNDS {
        for key in keys_within(&read) {
            if found
                .iter()
                .all(|known| known.expose() != key.expose())
            {
                found.push(key);
            }
        }
        if !read.contains('%') {
            break;
        }
        read = Cow::Owned(decoded(&read));
    }
    found
}

/// Decodes percent-encoding once.
pub fn decoded(step: &str) -> String {
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = (*first == b'%').then(|| tail.get(..2)).flatten();
        let byte = pair.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = &tail[if byte.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// JSON Web Tokens begin with an encoded `{"`, and have three parts. Other letters can stand before
/// one.
fn without_tokens(text: &str) -> Cow<'_, str> {
    if !text.contains(TOKEN) {
        return Cow::Borrowed(text);
    }
    let belongs = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(TOKEN) {
        let (before, from) = rest.split_at(begin);
        let end = from
            .find(|char| !belongs(char))
            .unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        clean.push_str(before);
        if word.split('.').count() >= 3 {
            clean.push_str(TOKEN);
            clean.push('…');
        } else {
            clean.push_str(word);
        }
        rest = after;
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> String {
        let (kind, secret) = (domain::token::KeyKind::Secret, [b'q'; 43]);
        PlainKey::assemble(&Default::default(), kind, b"00000000", &secret)
            .expose()
            .to_owned()
    }

    fn percent(text: &str) -> String {
        text.bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect()
    }

    #[test]
    fn every_form_of_a_key_is_redacted() {
        let key = key();
        for text in [
            key.clone(),
            format!("curl/8 ({key})"),
            format!("Bearer {key}"),
            format!("Bearer_{key}"),
            format!("x{key}x"),
            format!("{key},{key}"),
            format!("https://example.com/#token={key}"),
            key[..30].to_owned(),
            percent(&key),
            percent(&percent(&key)),
            percent(&percent(&percent(&key))),
            format!("{key} {}", percent(&key)),
            format!("{} {key}", percent(&percent(&key))),
            format!("a={}", key.replace('_', "%5F")),
        ] {
            let clean = without_secrets(&text);
            assert!(clean.contains("rt_sk_00000000…"), "{clean}");
            let read = decoded(&decoded(&decoded(&clean)));
            assert!(!read.contains("qqq"), "{clean}");
        }
        let clean = without_secrets("x/1 eyJhbGciOiJSUzI1NiIs.e30.c2ln y");
        assert_eq!(clean, "x/1 eyJ… y");
        for (text, clean) in [
            ("Bearer_eyJhbGci.e30.c2ln", "Bearer_eyJ…"),
            (
                "id-eyJhbGci.e30.c2ln,eyJhbGci.e30.c2ln",
                "id-eyJ…,eyJ…",
            ),
            ("a.b.eyJhbGci.e30.c2ln/x", "a.b.eyJ…/x"),
            ("eyJust a word", "eyJust a word"),
        ] {
            assert_eq!(without_secrets(text), clean);
        }
        for text in [
            "curl/8.14.1",
            "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 100%",
            "rt_sk_00000000",
            "",
            "%41b",
        ] {
            assert_eq!(without_secrets(text), text);
        }
    }

    #[test]
    fn a_key_is_found_in_every_form() {
        let key = key();
        for text in [
            key.clone(),
            format!("x{key}"),
            format!("{key}x"),
            percent(&key),
            percent(&percent(&key)),
            percent(&percent(&percent(&key))),
            format!("Bearer_{key}"),
        ] {
            let found = keys_in(&text);
            assert_eq!(
                found.first().map(PlainKey::expose),
                Some(&*key),
                "{text}"
            );
        }
        assert!(
            keys_in(&key[1..])
                .iter()
                .all(|found| found.expose() != key)
        );
        assert!(keys_in(&key[..62]).is_empty() && keys_in("").is_empty());
    }
}
