//! The words of an API's scopes.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::problem::Fault;

/// The word of one scope of an API, such as `orders:read`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiScopeWord(String);

impl ApiScopeWord {
    /// The most characters.
    pub const MAX: usize = 64;

    /// The word as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiScopeWord {
    type Err = Fault;

    /// 1 to 64 lower-case letters, digits and `:._-`. It begins and ends with a letter or a digit.
    /// So it is a scope token of RFC 6749, 3.3, and can stand in a URL and a header.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let is_alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let has_ends = [bytes.first(), bytes.last()]
            .iter()
            .all(|end| end.is_some_and(|b| is_alphanumeric(*b)));
        let is_valid = has_ends
            && bytes.len() <= Self::MAX
            && bytes
                .iter()
                .all(|b| is_alphanumeric(*b) || b":._-".contains(b));
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::NotAScopeWord)
        }
    }
}

impl TryFrom<String> for ApiScopeWord {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
            .map_err(|_| "not the word of a scope of an API")
    }
}

impl From<ApiScopeWord> for String {
    fn from(word: ApiScopeWord) -> Self {
        word.0
    }
}

impl fmt::Display for ApiScopeWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of words: what a key for an API has, or what a request needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiScopeWords(BTreeSet<ApiScopeWord>);

impl ApiScopeWords {
    /// Reads the words of a request.
    ///
    /// # Errors
    /// `NotAScopeWord` for the first that is none.
    pub fn read<T: AsRef<str>>(words: &[T]) -> Result<Self, Fault> {
        words
            .iter()
            .map(|word| word.as_ref().parse())
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Its words, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &ApiScopeWord> {
        self.0.iter()
    }

    /// Whether it has the word.
    pub fn contains(&self, word: &ApiScopeWord) -> bool {
        self.0.contains(word)
    }

    /// Whether it has every word of `other`.
    pub fn covers(&self, other: &Self) -> bool {
        self.0.is_superset(&other.0)
    }

    /// Whether it has no word.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words in one line, as the database stores them and a header carries them.
    pub fn line(&self) -> String {
        let words: Vec<_> = self.iter().map(ApiScopeWord::as_str).collect();
        words.join(" ")
    }
}

impl FromIterator<ApiScopeWord> for ApiScopeWords {
    fn from_iter<I: IntoIterator<Item = ApiScopeWord>>(words: I) -> Self {
        Self(words.into_iter().collect())
    }
}

impl FromStr for ApiScopeWords {
    type Err = Fault;

    /// Words with white space between them.
    fn from_str(line: &str) -> Result<Self, Fault> {
        let words: Vec<_> = line.split_whitespace().collect();
        Self::read(&words)
    }
}

impl Serialize for ApiScopeWords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for ApiScopeWords {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeSet::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_and_survive_json() {
        let words: ApiScopeWords = "orders:read orders:write".parse().expect("words");
        let word = |text: &str| text.parse::<ApiScopeWord>().expect("a word");
        assert!(words.contains(&word("orders:read")));
        assert!(!words.contains(&word("orders:admin")));
        let json = serde_json::to_string(&words).expect("JSON");
        assert_eq!(json, r#"["orders:read","orders:write"]"#);
        let read: ApiScopeWords = serde_json::from_str(&json).expect("words");
        assert_eq!(read, words);
    }

    #[test]
    fn a_word_is_lower_case_and_begins_and_ends_with_a_letter_or_digit() {
        let long = "a".repeat(64);
        for good in ["a", "orders:read", "v1.orders:read_all", "7", &long] {
            assert_eq!(
                good.parse::<ApiScopeWord>().map(String::from),
                Ok(good.to_owned())
            );
        }
        let longer = "a".repeat(65);
        for bad in [
            "", ":", "orders:", ":read", "Orders", "a b", "a\"b", "a*", "*", "ä", &longer,
        ] {
            assert_eq!(
                bad.parse::<ApiScopeWord>(),
                Err(Fault::NotAScopeWord),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_set_of_words_is_one_line_and_reads_back() {
        let words: ApiScopeWords = " orders:write  orders:read orders:write"
            .parse()
            .expect("words");
        assert_eq!(words.line(), "orders:read orders:write");
        assert_eq!(words.line().parse(), Ok(words));
        assert_eq!("".parse(), Ok(ApiScopeWords::default()));
        assert!("orders:read *".parse::<ApiScopeWords>().is_err());
    }
}
