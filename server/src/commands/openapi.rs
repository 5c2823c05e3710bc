//! `roundtable openapi`: prints the OpenAPI description, which is generated from the code.

use super::{CliError, print_line};
use crate::http::api;

pub(super) fn run() -> Result<(), CliError> {
    let text = api::description()
        .to_pretty_json()
        .map_err(|e| CliError::Other(e.to_string()))?;
    print_line(&text);
    Ok(())
}
