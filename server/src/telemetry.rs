//! Logs: one line per request, one line per failure with its cause. No query strings, no header values.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{BadSetting, Options, table};

/// What is logged where nothing else was said.
const FILTER: &str = "info,sqlx=warn";

/// Starts logging to standard error, in `text` or `json`.
///
/// # Errors
/// When the format is neither, or the filter is none.
pub fn start(options: &Options) -> Result<(), BadSetting> {
    let filter = EnvFilter::try_new(options.text(&table::LOG)?.unwrap_or(FILTER))
        .map_err(|error| options.bad(&table::LOG, format!("must be a log filter such as {FILTER}: {error}")))?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    match options.text(&table::LOG_FORMAT)?.unwrap_or("text").to_ascii_lowercase().as_str() {
        "text" => registry.with(layer.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))).init(),
        "json" => registry.with(layer.json()).init(),
        _ => return Err(options.bad(&table::LOG_FORMAT, "must be text or json")),
    }
    Ok(())
}
