//! Logging: one line per request, one line per failure with its cause. Query strings and header
//! values are never logged. Many refused requests in a short time are summarized in one line.

mod flood;
#[cfg(feature = "otlp")]
mod traces;

use std::sync::OnceLock;
use std::time::Duration;

use engine::Runtime;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{BadSetting, Options, table};

/// The default log filter.
const DEFAULT_FILTER: &str = "info,sqlx=warn";

pub use flood::Flood;
#[cfg(feature = "otlp")]
pub use traces::Traces;

/// How often refused requests are summarized.
const SUMMARY_INTERVAL: Duration = Duration::from_secs(10);

static FLOOD: OnceLock<Flood> = OnceLock::new();

/// Starts logging to standard error, in `text` or `json`.
///
/// # Errors
/// If the format is unknown or the filter is invalid.
pub fn start(options: &Options) -> Result<(), BadSetting> {
    let filter = EnvFilter::try_new(
        options
            .text(&table::LOG)?
            .unwrap_or(DEFAULT_FILTER),
    )
    .map_err(|error| {
        options.bad(
            &table::LOG,
            format!("must be a log filter such as {DEFAULT_FILTER}: {error}"),
        )
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    let flood = FLOOD
        .get_or_init(|| Flood::new(Runtime::system()))
        .clone();
    match options
        .text(&table::LOG_FORMAT)?
        .unwrap_or("text")
        .to_ascii_lowercase()
        .as_str()
    {
        "text" => {
            let layer = layer.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
            registry.with(layer.with_filter(flood)).init();
        }
        "json" => registry
            .with(layer.json().with_filter(flood))
            .init(),
        _ => return Err(options.bad(&table::LOG_FORMAT, "must be text or json")),
    }
    Ok(())
}

/// Logs a summary of refused requests at a regular interval.
pub async fn summarize_floods() {
    let Some(flood) = FLOOD.get() else { return };
    let mut ticks = tokio::time::interval(SUMMARY_INTERVAL);
    loop {
        ticks.tick().await;
        flood.summarize(SUMMARY_INTERVAL.as_secs());
    }
}
