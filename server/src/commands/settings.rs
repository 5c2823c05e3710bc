//! `roundtable settings`: checks and shows the settings without starting the server.

use super::{CliError, print_line};
use crate::config::Options;

/// Checks everything that `roundtable serve` reads before it opens the database.
pub(super) fn check(options: &Options) -> Result<(), CliError> {
    options.settings()?;
    options.database_url()?;
    options.database_connections()?;
    options.audit_retention()?;
    options.master_key()?;
    options.previous_master_key()?;
    print_line("The settings are valid.");
    Ok(())
}

/// Prints the settings as a TOML file, without secrets.
pub(super) fn print(options: &Options) {
    print_line(options.printed().trim_end());
}
