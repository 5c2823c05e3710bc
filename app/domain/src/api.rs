//! The APIs that an organization protects with keys (D32), and what a key for an API may do (D34).

mod scopes;
mod words;

pub use scopes::{ApiScope, ApiScopes};
pub use words::{ApiScopeWord, ApiScopeWords};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::closed_set;
use crate::environment::Environment;
use crate::problem::Fault;
use crate::token::Brand;

closed_set! {
    /// The header that carries the key in a request to an API.
    pub enum KeyHeader as "KeyHeader": "The header that carries the key."(
        /// The name on a page.
        label: &'static str,
    ) {
        /// `Authorization` or `X-API-Key`.
        Any = "any" ("Authorization or X-API-Key"),
        /// `Authorization: Bearer …` (RFC 6750, 2.1).
        Authorization = "authorization" ("Authorization: Bearer"),
        /// `X-API-Key: …`, for an API whose users send tokens of their own in `Authorization`.
        XApiKey = "x-api-key" ("X-API-Key"),
    }
}

/// The name of an API in URLs and in assertions, such as `orders`. No other API of the installation
/// has it, and it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// The most characters.
    pub const MAX: usize = 40;

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = Fault;

    /// 2 to 40 lower-case letters, digits and single hyphens. The first character is a letter, the
    /// last is not a hyphen.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let has_length = (2..=Self::MAX).contains(&text.len());
        let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_valid = has_length
            && text.bytes().all(is_allowed)
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && !text.contains("--");
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::NotASlug)
        }
    }
}

impl TryFrom<String> for Slug {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map_err(|_| "not the slug of an API")
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the first word of every key for an API: 2 to 12 lower-case letters and digits, and not the
/// brand of Roundtable's own keys.
///
/// # Errors
/// `NotAKeyPrefix`.
pub fn read_key_prefix(text: &str) -> Result<Brand, Fault> {
    let brand: Option<Brand> = text.parse().ok().filter(|_| text.len() >= 2);
    brand.ok_or(Fault::NotAKeyPrefix)
}

/// Reads the environments that an API has keys for: production, test or both. Both are the default.
///
/// # Errors
/// `Unknown` for another word, `Missing` for an empty list.
pub fn read_environments(words: Option<&[String]>) -> Result<Vec<Environment>, Fault> {
    let Some(words) = words else {
        return Ok(Environment::ALL.to_vec());
    };
    let mut named = Vec::new();
    for word in words {
        named.push(word.parse::<Environment>()?);
    }
    if named.is_empty() {
        return Err(Fault::Missing);
    }
    let all = Environment::ALL.into_iter();
    Ok(all
        .filter(|environment| named.contains(environment))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_lower_case_letters_digits_and_single_hyphens() {
        for good in ["orders", "v2", "order-api-2", "ab"] {
            assert_eq!(
                good.parse::<Slug>().map(String::from),
                Ok(good.to_owned())
            );
        }
        let long = "a".repeat(41);
        for bad in [
            "", "a", "Orders", "2orders", "-orders", "orders-", "or--ders", "or_ders", "or/ders",
            "örders", " orders", &long,
        ] {
            assert_eq!(bad.parse::<Slug>(), Err(Fault::NotASlug), "{bad:?}");
        }
    }

    // D32: 2 to 12 of a-z and 0-9.
    #[test]
    fn a_key_prefix_is_2_to_12_lower_case_letters_and_digits() {
        for good in ["ab", "orders", "a1b2c3d4e5f6"] {
            assert_eq!(
                read_key_prefix(good).map(|brand| brand.to_string()),
                Ok(good.to_owned())
            );
        }
        for bad in ["", "a", "a1b2c3d4e5f6g", "Ab", "a_b", "a-b", "ä1"] {
            assert_eq!(
                read_key_prefix(bad),
                Err(Fault::NotAKeyPrefix),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn environments_are_in_order_and_each_once() {
        let read = |words: &[&str]| {
            let words: Vec<_> = words
                .iter()
                .map(|word| (*word).to_owned())
                .collect();
            read_environments(Some(&words))
        };
        let both = vec![Environment::Production, Environment::Test];
        assert_eq!(read_environments(None), Ok(both.clone()));
        assert_eq!(read(&["test", "production", "test"]), Ok(both));
        assert_eq!(read(&["test"]), Ok(vec![Environment::Test]));
        assert_eq!(read(&[]), Err(Fault::Missing));
        assert!(matches!(
            read(&["staging"]),
            Err(Fault::Unknown { .. })
        ));
    }
}
