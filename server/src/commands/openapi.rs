//! `roundtable openapi`: prints the description of the API, made from the code.

use super::{CliError, print_line};
use crate::http::api;

pub(super) fn run() -> Result<(), CliError> {
    let text = api::description().to_pretty_json().map_err(|e| CliError::Other(e.to_string()))?;
    print_line(&text);
    Ok(())
}
