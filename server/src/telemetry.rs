//! Logs: one line per request, one line per failure with its cause. No query strings, no header values.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::BadSetting;

/// Starts logging to standard error, in `text` or `json`.
///
/// # Errors
/// When the format is neither.
pub fn start(format: Option<&str>) -> Result<(), BadSetting> {
    let filter = EnvFilter::try_from_env("ROUNDTABLE_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    match format.unwrap_or("text") {
        "text" => registry.with(layer.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))).init(),
        "json" => registry.with(layer.json()).init(),
        other => return Err(BadSetting(format!("LOG_FORMAT must be text or json, not {other}"))),
    }
    Ok(())
}
