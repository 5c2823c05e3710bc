//! The settings as a TOML file, without secrets.

use std::fmt::Write;

use url::Url;

use super::environment::SECRETS;
use super::options::{Options, Source};
use super::table::{self, Kind, Setting};

impl Options {
    /// All settings as a TOML file. Values that were given have a comment with their source. A setting
    /// that was not given is a comment with its help. Secrets are left out.
    pub fn printed(&self) -> String {
        let mut text = String::new();
        for setting in table::ALL {
            if setting.kind != Kind::File {
                // Writing to a string does not fail.
                let _ = writeln!(text, "{}", self.line(setting));
            }
        }
        text
    }

    fn line(&self, setting: &'static Setting) -> String {
        let name = setting.name;
        let Some(given) = self.given(setting) else {
            return format!("# {name}: {}", setting.help);
        };
        let source = match &given.source {
            Source::Flag => format!("the flag --{}", setting.flag()),
            Source::Environment => setting.variable(),
            Source::File(path) => path.display().to_string(),
        };
        match given.value.to_str().map(str::trim) {
            Some(value) if !is_secret(setting, value) => {
                format!("{name} = {} # from {source}", in_quotes(value))
            }
            Some(_) => format!("# {name} is set by {source}; its value is a secret"),
            None => format!("# {name} is set by {source}; its value is not UTF-8"),
        }
    }
}

/// Whether the value must not be shown.
fn is_secret(setting: &'static Setting, value: &str) -> bool {
    if setting == &table::DATABASE_URL {
        return Url::parse(value).map_or(true, |url| has_password(&url));
    }
    SECRETS.contains(&setting)
}

fn has_password(url: &Url) -> bool {
    url.password().is_some()
        || url
            .query_pairs()
            .any(|(name, _)| name.contains("password"))
}

/// A string of TOML. Every string of JSON is one.
fn in_quotes(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
