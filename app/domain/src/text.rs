//! Names, descriptions and emails that people enter. They are validated and normalized here, once (D24).

use std::fmt;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::problem::Fault;
use crate::token::keys_within;

mod tables;
#[cfg(test)]
mod tests;
mod unseen;

use tables::is_unseen;

/// A name as it is stored and displayed: NFC, trimmed, 1 to 100 characters. It contains no control
/// characters, and invisible characters only where the script or the emoji needs them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// The most characters (Unicode scalar values, after NFC) a name may have.
    pub const MAX: usize = 100;

    /// Reads the input of a person.
    ///
    /// # Errors
    /// `Missing` if nothing visible is left after trimming, `TooLong` above 100 characters,
    /// `ForbiddenCharacter` for control and bidirectional-override characters, and for unnecessary
    /// joiners and selectors, `ContainsKey`.
    pub fn parse(typed: &str) -> Result<Self, Fault> {
        let name: Vec<char> = typed.trim().nfc().collect();
        if name.iter().all(|&c| is_blank(c)) {
            return Err(Fault::Missing);
        }
        if name.len() > Self::MAX {
            return Err(Fault::TooLong { max: Self::MAX });
        }
        if unseen::hides_something(&name) {
            return Err(Fault::ForbiddenCharacter);
        }
        without_keys(name.into_iter().collect()).map(Self)
    }

    /// A name from a sign-in provider, made safe to display: hidden characters are removed, line
    /// breaks become spaces, and a long name is cut, but never inside a letter with its marks or
    /// inside an emoji. `None` if nothing visible is left.
    pub fn cleaned(given: &str) -> Option<Self> {
        // No character beyond this limit becomes part of the name, even if most of those before it
        // are removed.
        let spaced = given
            .nfc()
            .take(50 * Self::MAX)
            .map(|c| if c.is_whitespace() { ' ' } else { c });
        let visible = unseen::without_hidden(&spaced.collect::<Vec<_>>());
        let text: String = visible.into_iter().collect();
        let words: Vec<char> = text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .nfc()
            .collect();
        let longest = words.len().min(Self::MAX);
        let is_boundary = |end: &usize| {
            words
                .get(*end)
                .is_none_or(|&next| !continues(&words[..*end], next))
        };

        (1..=longest)
            .rev()
            .filter(is_boundary)
            .map(|end| words[..end].iter().collect::<String>())
            .find_map(|name| Self::parse(&name).ok())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// What an object is for, in the words of a person: NFC, trimmed, at most 500 characters on one or
/// more lines. It can be empty. Hidden characters are refused as in a [`Name`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// The most characters (Unicode scalar values, after NFC) a description may have.
    pub const MAX: usize = 500;

    /// Reads the input of a person. Browsers send line breaks as CRLF; they are stored as LF.
    ///
    /// # Errors
    /// `TooLong` above 500 characters, `ForbiddenCharacter` as in [`Name::parse`], `ContainsKey`.
    pub fn parse(typed: &str) -> Result<Self, Fault> {
        let text: String = typed.replace("\r\n", "\n").trim().nfc().collect();
        if text.chars().count() > Self::MAX {
            return Err(Fault::TooLong { max: Self::MAX });
        }
        let hides = |line: &str| unseen::hides_something(&line.chars().collect::<Vec<_>>());
        if text.split('\n').any(hides) {
            return Err(Fault::ForbiddenCharacter);
        }
        without_keys(text).map(Self)
    }

    /// The text, unless it is empty.
    pub fn text(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|text| !text.is_empty())
    }
}

/// The text. Everybody who may see an object can read its name and its description, and the audit
/// log keeps names forever, so neither may contain a key.
fn without_keys(text: String) -> Result<String, Fault> {
    if keys_within(&text).is_empty() {
        Ok(text)
    } else {
        Err(Fault::ContainsKey)
    }
}

/// Whether a character is blank: white space, or the Braille pattern without dots.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Whether the next character belongs to the letter or emoji at the end of the text.
fn continues(text: &[char], next: char) -> bool {
    let joined = text
        .last()
        .is_some_and(|&last| last == '\u{200D}' || tables::is_virama(last));
    joined
        || is_combining_mark(next)
        || is_unseen(next)
        || tables::is_skin_tone(next)
        || tables::is_virama(next)
}

/// Reads an email: one `@`, text on both sides, no blanks. The result is in NFC and lower case;
/// emails are stored and compared only in this form.
///
/// # Errors
/// `Missing`, `TooLong` above 254 bytes (RFC 5321, 4.5.3.1.3), or `NotAnEmail`.
pub fn email(typed: &str) -> Result<String, Fault> {
    let typed = typed.trim();
    let composed: String = typed.nfc().collect();
    let email: String = composed.to_lowercase().nfc().collect();
    if email.is_empty() {
        return Err(Fault::Missing);
    }
    if email.len() > 254 {
        return Err(Fault::TooLong { max: 254 });
    }
    let is_valid = email
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if !is_valid
        || email
            .chars()
            .any(|c| c.is_whitespace() || is_unseen(c))
        || typed.chars().any(becomes_ascii)
    {
        return Err(Fault::NotAnEmail);
    }
    Ok(email)
}

/// Whether lower case or NFC turns a letter of another alphabet, such as the Kelvin sign, into an
/// ASCII letter. An email that contains it could be mistaken for another email.
fn becomes_ascii(c: char) -> bool {
    !c.is_ascii()
        && std::iter::once(c)
            .nfc()
            .flat_map(char::to_lowercase)
            .any(|c| c.is_ascii())
}
