//! Settings from environment variables.

use std::ffi::OsString;

use url::Url;

use super::options::{Given, Options, Source};
use super::table::{self, Kind, PREFIX, Setting};

/// Variables whose value may contain a secret.
pub static SECRETS: [&Setting; 6] = [
    &table::MASTER_KEY,
    &table::GATE_TOKEN,
    &table::OTLP_HEADERS,
    &table::SETUP_TOKEN,
    &table::GOOGLE_CLIENT_SECRET,
    &table::DATABASE_URL,
];

/// Marks a process that has restarted itself and receives the secrets of its environment on
/// standard input.
pub const SECRETS_ON_STDIN: &str = "ROUNDTABLE_SECRETS_ON_STDIN";

/// Variables that are not settings: the documentation uses them in samples, a command that needs no
/// settings reads them, or the program sets them for itself.
const NOT_SETTINGS: [&str; 9] = [
    "URL",
    "API_KEY",
    "GATE_KEY",
    "GATE_KEY_WITHOUT_SCOPE",
    "TOKEN",
    "ORG",
    "ID_TOKEN",
    "SITE",
    "SECRETS_ON_STDIN",
];

impl Options {
    /// Adds the values of these variables, except for settings that a flag has set.
    pub(super) fn add_environment(
        &mut self,
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) {
        for (name, value) in variables {
            let Some(name) = name
                .to_str()
                .and_then(|name| name.strip_prefix(PREFIX))
            else {
                continue;
            };
            match table::ALL
                .iter()
                .copied()
                .find(|setting| setting.name.to_ascii_uppercase() == name)
            {
                Some(setting) => self.add(
                    setting,
                    Given {
                        value,
                        source: Source::Environment,
                    },
                ),
                None if NOT_SETTINGS.contains(&name) => {}
                None => self.warn(unknown(name)),
            }
        }
    }

    /// Warns about secrets in the environment, because the process that started the server still
    /// has them there.
    pub(super) fn warn_of_secrets(&mut self) {
        for setting in SECRETS
            .iter()
            .filter(|setting| setting.kind == Kind::Secret)
        {
            if self
                .given(setting)
                .is_some_and(|given| given.source == Source::Environment)
            {
                let name = setting.variable();
                let file = table::named(&format!("{}_file", setting.name));
                let instead = file
                    .map(|file| format!("; use {} instead", file.variable()))
                    .unwrap_or_default();
                self.warn(format!(
                    "{name} is a secret, and the process that starts the server keeps its environment{instead}"
                ));
            }
        }
        let by_flag = self
            .given(&table::DATABASE_URL)
            .filter(|given| given.source == Source::Flag);
        let url = by_flag.and_then(|given| Url::parse(given.value.to_str()?.trim()).ok());
        if url.is_some_and(|url| url.password().is_some()) {
            let flag = self.name(&table::DATABASE_URL);
            let instead = table::DATABASE_URL.variable();
            self.warn(format!(
                "{flag} contains a password, which every user of this machine can read; use {instead} instead"
            ));
        }
    }
}

fn unknown(name: &str) -> String {
    let shown = name.escape_debug();
    match table::closest(name) {
        Some(close) => format!(
            "{PREFIX}{shown} is not a setting and is ignored; did you mean {}?",
            close.variable()
        ),
        None => format!("{PREFIX}{shown} is not a setting and is ignored"),
    }
}
