//! The settings file: TOML, every name as in the table.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::BadSetting;
use super::options::{Given, Options, Source};
use super::table::{self, Kind};
use super::values::read;

impl Options {
    /// Adds what the file says where neither flag nor environment does.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), BadSetting> {
        let wrong = |why: String| BadSetting(format!("the settings file {} is wrong: {why}", path.display()));
        let text = read(path, "the settings file")?;
        // Windows editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let table: Table = toml::from_str(text).map_err(|e| wrong(place(text, &e)))?;
        for (name, value) in &table {
            let setting = table::named(name).filter(|setting| setting.kind != Kind::File);
            let setting = setting.ok_or_else(|| wrong(unknown(name)))?;
            let value = one_line(value).ok_or_else(|| wrong(format!("{name} must be one value, in quotes")))?;
            self.add(setting, Given { value: OsString::from(value), source: Source::File(PathBuf::from(path)) });
        }
        Ok(())
    }
}

/// What is wrong, and in which line. The parser's own picture of the line is left out: it may show a secret.
fn place(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.matches('\n').count() + 1);
    let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{line}{}", error.message().replace('\n', ", "))
}

fn unknown(name: &str) -> String {
    let shown = name.escape_debug();
    match table::closest(name).filter(|close| close.kind != Kind::File) {
        Some(close) => format!("there is no setting {shown}; did you mean {}?", close.name),
        None => format!("there is no setting {shown}"),
    }
}

/// The value as a flag or variable would have it; a list is separated by commas.
fn one_line(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(true) => Some("yes".into()),
        Value::Boolean(false) => Some("no".into()),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str()).collect::<Option<Vec<_>>>().map(|all| all.join(","))
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}
