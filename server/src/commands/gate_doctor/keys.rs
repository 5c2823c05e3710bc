//! The keys of the probes. They come from the environment or from standard input, never from the
//! arguments, which every user of the machine can read.

use std::io::Read;

use secrecy::{ExposeSecret, SecretString};

const KEY: &str = "ROUNDTABLE_GATE_KEY";
const KEY_WITHOUT_SCOPE: &str = "ROUNDTABLE_GATE_KEY_WITHOUT_SCOPE";
/// More than any key has.
const MAX_BYTES: u64 = 4096;

/// The keys that the probes send.
pub(super) struct Keys {
    good: SecretString,
    bad: SecretString,
    without_scope: Option<SecretString>,
}

impl Keys {
    /// Reads the keys. `from_stdin` reads the valid key from standard input.
    ///
    /// # Errors
    /// A sentence, if the valid key is missing or a value cannot be a key.
    pub fn read(from_stdin: bool) -> Result<Self, String> {
        let good = if from_stdin {
            let mut text = String::new();
            std::io::stdin()
                .take(MAX_BYTES)
                .read_to_string(&mut text)
                .map_err(|error| format!("the key cannot be read from standard input: {error}"))?;
            checked("the key on standard input", &text)?
        } else {
            variable(KEY)?
        };
        let good = good.ok_or_else(|| {
            format!("set {KEY} to a valid key for the API, or pass it with --key-stdin")
        })?;
        Ok(Self::new(good, variable(KEY_WITHOUT_SCOPE)?))
    }

    /// A bad key differs from the valid one in the last character.
    fn new(good: String, without_scope: Option<String>) -> Self {
        let mut bad = good.clone();
        let last = bad.pop();
        bad.push(if last == Some('x') { 'y' } else { 'x' });
        Self {
            good: good.into(),
            bad: bad.into(),
            without_scope: without_scope.map(SecretString::from),
        }
    }

    /// A valid key for the API.
    pub fn good(&self) -> &str {
        self.good.expose_secret()
    }

    /// Not a key.
    pub fn bad(&self) -> &str {
        self.bad.expose_secret()
    }

    /// A key for the API that lacks the scope of the gate.
    pub fn without_scope(&self) -> Option<&str> {
        self.without_scope
            .as_ref()
            .map(|key| key.expose_secret())
    }

    /// The text without these keys.
    pub fn redact(&self, text: &str) -> String {
        let keys = [Some(self.good()), Some(self.bad()), self.without_scope()];
        keys.into_iter()
            .flatten()
            .fold(text.to_owned(), |text, key| text.replace(key, "…"))
    }
}

fn variable(name: &str) -> Result<Option<String>, String> {
    match std::env::var_os(name) {
        None => Ok(None),
        Some(value) => {
            let value = value
                .to_str()
                .ok_or_else(|| format!("{name} is not UTF-8"))?;
            checked(name, value)
        }
    }
}

/// The value without surrounding white space, or nothing if it is empty.
fn checked(name: &str, value: &str) -> Result<Option<String>, String> {
    let value = value.trim();
    if value.is_empty() {
        return Ok(None);
    }
    // A shorter word could be a part of what the report says.
    let is_key = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_graphic());
    if is_key {
        Ok(Some(value.to_owned()))
    } else {
        Err(format!("{name} is not a key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_without_surrounding_white_space() {
        let read = |text| checked("KEY", text);
        assert_eq!(
            read(" orders_live_0123456789\n"),
            Ok(Some("orders_live_0123456789".to_owned()))
        );
        assert_eq!(read(" \n"), Ok(None));
        for wrong in [
            "orders_live_0123456789 x",
            "short",
            "orders_live_01234567é9",
        ] {
            assert_eq!(
                read(wrong),
                Err("KEY is not a key".to_owned()),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_bad_key_differs_and_no_key_is_printed() {
        for end in ['x', 'y', '1'] {
            let keys = Keys::new(
                format!("orders_live_0123{end}"),
                Some("orders_live_4567".to_owned()),
            );
            assert_ne!(keys.good(), keys.bad());
            assert_eq!(keys.good().len(), keys.bad().len());
            let text = format!(
                "a {} b {} c orders_live_4567",
                keys.good(),
                keys.bad()
            );
            assert_eq!(keys.redact(&text), "a … b … c …");
        }
    }
}
