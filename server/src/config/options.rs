//! The values that the operator has given, where each one came from, and how it is parsed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::BadSetting;
use super::table::{self, Setting};
use super::values::{read, yes_no};

/// The values that the operator has given. An empty value counts as not given.
#[derive(Clone, Debug, Default)]
pub struct Options {
    given: HashMap<&'static str, Given>,
    warnings: Vec<String>,
}

/// A value and its source.
#[derive(Clone)]
pub(super) struct Given {
    pub value: OsString,
    pub source: Source,
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Flag,
    Environment,
    File(PathBuf),
}

/// Leaves out the values because some are secrets.
impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.source)
    }
}

impl Options {
    /// Adds the values of the environment and of the settings file to those of the flags. `secrets`
    /// are variables that the process received on standard input.
    ///
    /// # Errors
    /// If the file cannot be read or contains an unknown setting.
    pub fn complete(mut self, secrets: Vec<(OsString, OsString)>) -> Result<Self, BadSetting> {
        self.add_environment(secrets.into_iter().chain(std::env::vars_os()));
        if let Some(path) = self.path(&table::CONFIG) {
            self.add_file(&path)?;
        }
        self.warn_of_secrets();
        Ok(self)
    }

    /// Adds a value unless it is empty or a source with a higher precedence has given one.
    pub(super) fn add(&mut self, setting: &'static Setting, given: Given) {
        if !given
            .value
            .to_str()
            .is_some_and(|text| text.trim().is_empty())
        {
            self.given.entry(setting.name).or_insert(given);
        }
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }

    pub(super) fn given(&self, setting: &Setting) -> Option<&Given> {
        self.given.get(setting.name)
    }

    /// Problems that do not prevent the start.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether the operator has given a value.
    pub fn has(&self, setting: &Setting) -> bool {
        self.given(setting).is_some()
    }

    /// The name of a setting as the operator has written it, or its full name if it was not given.
    pub fn name(&self, setting: &Setting) -> String {
        match self.given(setting).map(|given| &given.source) {
            None => setting.full_name(),
            Some(Source::Flag) => format!("--{}", setting.flag()),
            Some(Source::Environment) => setting.variable(),
            Some(Source::File(path)) => format!("{} in {}", setting.name, path.display()),
        }
    }

    /// An error about an invalid setting: the name of the setting, then `why`.
    pub fn bad(&self, setting: &Setting, why: impl std::fmt::Display) -> BadSetting {
        BadSetting(format!("{} {why}", self.name(setting)))
    }

    /// The value without surrounding white space.
    ///
    /// # Errors
    /// If the value is not one line of UTF-8.
    pub fn text(&self, setting: &Setting) -> Result<Option<&str>, BadSetting> {
        let Some(given) = self.given(setting) else {
            return Ok(None);
        };
        let text = given
            .value
            .to_str()
            .ok_or_else(|| self.bad(setting, "is not UTF-8"))?
            .trim();
        if text.contains(char::is_control) {
            return Err(self.bad(setting, "must be one line without control characters"));
        }
        Ok(Some(text))
    }

    /// A path. If it is valid UTF-8, surrounding white space is removed.
    pub fn path(&self, setting: &Setting) -> Option<PathBuf> {
        let value = &self.given(setting)?.value;
        Some(value.to_str().map_or_else(
            || PathBuf::from(value),
            |text| PathBuf::from(text.trim()),
        ))
    }

    /// A Boolean. The default is no.
    ///
    /// # Errors
    /// If the value is not a Boolean.
    pub fn yes(&self, setting: &Setting) -> Result<bool, BadSetting> {
        let Some(text) = self.text(setting)? else {
            return Ok(false);
        };
        yes_no(text).ok_or_else(|| {
            self.bad(
                setting,
                format!("must be yes or no, not {}", quoted(text)),
            )
        })
    }

    /// A whole number within a range, or `default` if no value was given.
    ///
    /// # Errors
    /// If the value is not a whole number or is out of range.
    pub fn number(
        &self,
        setting: &Setting,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> Result<u64, BadSetting> {
        let Some(text) = self.text(setting)? else {
            return Ok(default);
        };
        let wrong = || {
            let min = range.start();
            let max = range.end();
            self.bad(
                setting,
                format!(
                    "must be a whole number from {min} to {max}, not {}",
                    quoted(text)
                ),
            )
        };
        text.parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(wrong)
    }

    /// A secret that is given as a value or in a file. The line ending of the file is ignored.
    ///
    /// # Errors
    /// If both are given, or if the file cannot be read or does not contain exactly one line.
    pub fn secret(
        &self,
        value: &Setting,
        file: &Setting,
    ) -> Result<Option<SecretString>, BadSetting> {
        let text = match (self.text(value)?, self.path(file)) {
            (Some(_), Some(_)) => return Err(self.not_both(value, file)),
            (Some(text), None) => text.to_owned(),
            (None, Some(path)) => self.secret_in(file, &path)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(SecretString::from(text)))
    }

    fn secret_in(&self, file: &Setting, path: &Path) -> Result<String, BadSetting> {
        let text = read(path, &format!("the file of {},", self.name(file)))?;
        let text = text.trim();
        if text.is_empty() || text.contains(char::is_control) {
            let why = format!(
                "names {}, which must contain one line",
                path.display()
            );
            return Err(self.bad(file, why));
        }
        Ok(text.to_owned())
    }

    pub(super) fn not_both(&self, one: &Setting, other: &Setting) -> BadSetting {
        BadSetting(format!(
            "give {} or {}, not both",
            self.name(one),
            self.name(other)
        ))
    }
}

/// A value as error messages show it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}
