//! Settings from a TOML file. The names are those of the table.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::BadSetting;
use super::options::{Given, Options, Source};
use super::table::{self, Kind};
use super::values::read;

impl Options {
    /// Adds the values of the file, except for settings that a flag or a variable has set.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), BadSetting> {
        let wrong = |why: String| {
            BadSetting(format!(
                "the settings file {} is invalid: {why}",
                path.display()
            ))
        };
        let text = read(path, "the settings file")?;
        // Windows editors write a byte order mark at the start of a file.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let table: Table = toml::from_str(text).map_err(|e| wrong(describe(text, &e)))?;
        for (name, value) in &table {
            let setting = table::named(name).filter(|setting| setting.kind != Kind::File);
            let setting = setting.ok_or_else(|| wrong(unknown(name)))?;
            let value = one_line(value)
                .ok_or_else(|| wrong(format!("{name} must be a single value in quotes")))?;
            self.add(
                setting,
                Given {
                    value: OsString::from(value),
                    source: Source::File(PathBuf::from(path)),
                },
            );
        }
        Ok(())
    }
}

/// The error with its line number. The parser's excerpt of the line is left out because it may show
/// a secret.
fn describe(text: &str, error: &toml::de::Error) -> String {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map(|before| before.matches('\n').count() + 1);
    let line = line
        .map(|line| format!("line {line}: "))
        .unwrap_or_default();
    format!("{line}{}", error.message().replace('\n', ", "))
}

fn unknown(name: &str) -> String {
    let shown = name.escape_debug();
    match table::closest(name).filter(|close| close.kind != Kind::File) {
        Some(close) => format!(
            "there is no setting {shown}; did you mean {}?",
            close.name
        ),
        None => format!("there is no setting {shown}"),
    }
}

/// The value as a flag or a variable would give it. The items of a list are joined with commas.
fn one_line(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(true) => Some("yes".into()),
        Value::Boolean(false) => Some("no".into()),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str())
            .collect::<Option<Vec<_>>>()
            .map(|all| all.join(",")),
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}
