//! Consumers: the users of the APIs that an organization protects (D33).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::problem::Fault;

/// The id of a consumer in the organization's own systems, such as `customer_42`. It is unique in
/// the organization and never changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(String);

impl ExternalId {
    /// The most characters.
    pub const MAX: usize = 128;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExternalId {
    type Err = Fault;

    /// 1 to 128 visible ASCII characters, which can stand in a header.
    fn from_str(text: &str) -> Result<Self, Fault> {
        let fits = (1..=Self::MAX).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::NotVisibleAscii { max: Self::MAX })
        }
    }
}

impl TryFrom<String> for ExternalId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map_err(|_| "not an external id")
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the organization notes about a consumer: a JSON object that each verification of a key of
/// the consumer returns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The most bytes of its JSON.
    pub const MAX: usize = 4_096;

    /// Checks an object of a request.
    ///
    /// # Errors
    /// `TooLarge`; `ForbiddenCharacter` for a zero character, which Postgres cannot store.
    pub fn read(object: Map<String, Value>) -> Result<Self, Fault> {
        let metadata = Self(object);
        let json = metadata.json();
        if json.len() > Self::MAX {
            return Err(Fault::TooLarge { max: Self::MAX });
        }
        if json.contains("\\u0000") {
            return Err(Fault::ForbiddenCharacter);
        }
        Ok(metadata)
    }

    /// Reads the text of a form. Empty text stands for `{}`.
    ///
    /// # Errors
    /// `NotAnObject`; as [`Metadata::read`].
    pub fn read_text(text: &str) -> Result<Self, Fault> {
        match text.trim() {
            "" => Ok(Self::default()),
            text => Self::read(serde_json::from_str(text).map_err(|_| Fault::NotAnObject)?),
        }
    }

    /// Its JSON, without white space.
    pub fn json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// Whether it is `{}`.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Metadata {
    type Err = serde_json::Error;

    /// A stored object.
    fn from_str(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_can_stand_in_a_header() {
        for good in ["1", "customer_42", "auth0|5f7", "a@b.example"] {
            assert_eq!(
                good.parse::<ExternalId>().map(String::from),
                Ok(good.into())
            );
        }
        let long = "a".repeat(129);
        for bad in ["", " ", "a b", "a\n", "ä", &long] {
            assert!(bad.parse::<ExternalId>().is_err(), "{bad:?}");
        }
    }

    // D33: up to 4 KiB of JSON.
    #[test]
    fn metadata_is_a_small_object() {
        let object = |text: String| Map::from_iter([("k".to_owned(), Value::String(text))]);
        // {"k":"…"}
        assert!(Metadata::read(object("a".repeat(4_088))).is_ok());
        assert_eq!(
            Metadata::read(object("a".repeat(4_089))),
            Err(Fault::TooLarge { max: 4_096 })
        );
        assert_eq!(
            Metadata::read(object("a\0b".into())),
            Err(Fault::ForbiddenCharacter)
        );
        assert_eq!(Metadata::read_text(" "), Ok(Metadata::default()));
        for text in ["[]", "plan", "{", "\"plan\""] {
            assert_eq!(Metadata::read_text(text), Err(Fault::NotAnObject));
        }
        let metadata = Metadata::read(object("نور".into())).expect("metadata");
        assert_eq!(
            Metadata::read_text(&metadata.json()),
            Ok(metadata.clone())
        );
        assert_eq!(
            metadata.json().parse::<Metadata>().ok(),
            Some(metadata)
        );
    }
}
