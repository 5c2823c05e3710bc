//! Settings from flags, environment variables (`ROUNDTABLE_…`) and one TOML file, in this order of
//! precedence.
//!
//! If a setting is missing or invalid, the command prints one sentence with the name of the setting
//! and exits with code 78, before the port opens.
//!
//! To add a setting, add one line to [`table`] and read the setting where it is needed, for example
//! with `options.path(&table::JOURNAL_FILE)`. The flag, the variable, the file entry, the help and
//! the error messages follow from that line.

mod cors_origins;
mod environment;
mod file;
mod flags;
mod key_file;
mod options;
mod print;
mod settings;
mod sign_in;
pub mod table;
mod traces;
mod values;

pub use environment::{SECRETS, SECRETS_ON_STDIN};
pub use flags::show_settings;
pub use options::Options;
pub use settings::{GateAddr, Settings};
pub use sign_in::SignIn;
pub use traces::TraceExport;

/// A missing or invalid setting, described in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadSetting(pub String);

#[cfg(test)]
mod tests;
