//! `roundtable openapi`: prints the description of the API, made from the code.

use super::{Stop, tell};
use crate::http::api;

pub(super) fn run() -> Result<(), Stop> {
    let text = api::description().to_pretty_json().map_err(|e| Stop::Other(e.to_string()))?;
    tell(&text);
    Ok(())
}
