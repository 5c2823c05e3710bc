//! A JSON parser that rejects objects with duplicate members at any depth.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a text was rejected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    Duplicate,
    NotAnObject,
}

pub(crate) fn parse_object(text: &[u8]) -> Result<Map<String, Value>, JsonError> {
    let duplicate = Cell::new(false);
    let mut source = serde_json::Deserializer::from_slice(text);
    let value = Strict(&duplicate).deserialize(&mut source);
    if duplicate.get() {
        return Err(JsonError::Duplicate);
    }
    match (value, source.end()) {
        (Ok(Value::Object(members)), Ok(())) => Ok(members),
        _ => Err(JsonError::NotAnObject),
    }
}

#[derive(Clone, Copy)]
struct Strict<'a>(&'a Cell<bool>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON without duplicate members")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                self.0.set(true);
                return Err(A::Error::custom("duplicate member"));
            }
            let value = members.next_value_seed(self)?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_member_is_rejected_at_any_depth() {
        assert_eq!(
            parse_object(br#"{"a":1,"a":1}"#),
            Err(JsonError::Duplicate)
        );
        assert_eq!(
            parse_object(br#"{"b":[{"a":1,"\u0061":2}]}"#),
            Err(JsonError::Duplicate)
        );
    }

    #[test]
    fn only_a_single_object_is_accepted() {
        assert!(parse_object(br#"{"a":[1,-2,0.5,null,true,"x",{}]}"#).is_ok());
        for text in [
            "",
            "[]",
            "1",
            "{} {}",
            "{\"a\":NaN}",
            "{\"a\":1,}",
            "\u{feff}{}",
        ] {
            assert_eq!(
                parse_object(text.as_bytes()),
                Err(JsonError::NotAnObject),
                "{text}"
            );
        }
        assert_eq!(
            parse_object(b"{\"a\":\"\xff\"}"),
            Err(JsonError::NotAnObject)
        );
    }
}
