//! Settings: by flag, by environment (`ROUNDTABLE_…`) or in one TOML file, in that order. A wrong or missing one ends
//! the start with one sentence and exit code 78, before the port opens.
//!
//! To add a setting, add one line to [`table`] and read it where it is needed, for example with
//! `options.path(&table::JOURNAL_FILE)`; flag, variable, file, help and messages follow from that line.

mod environment;
mod file;
mod flags;
mod key_file;
mod options;
mod settings;
mod sign_in;
pub mod table;
mod values;

pub use environment::{SECRETS, SECRETS_ON_STDIN};
pub use options::Options;
pub use settings::Settings;
pub use sign_in::SignIn;

/// A setting that will not do, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(pub String);

#[cfg(test)]
mod tests;
