//! Logs: one line per request, one line per failure with its cause. No query strings, no header values. A flood of
//! refusals is summed up.

mod flood;

use std::sync::OnceLock;
use std::time::Duration;

use engine::Runtime;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{BadSetting, Options, table};

/// What is logged where nothing else was said.
const FILTER: &str = "info,sqlx=warn";

pub use flood::Flood;

/// How often a flood of refusals is summed up.
const SUM: Duration = Duration::from_secs(10);

static FLOOD: OnceLock<Flood> = OnceLock::new();

/// Starts logging to standard error, in `text` or `json`.
///
/// # Errors
/// When the format is neither, or the filter is none.
pub fn start(options: &Options) -> Result<(), BadSetting> {
    let filter = EnvFilter::try_new(options.text(&table::LOG)?.unwrap_or(FILTER))
        .map_err(|error| options.bad(&table::LOG, format!("must be a log filter such as {FILTER}: {error}")))?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let flood = FLOOD.get_or_init(|| Flood::new(Runtime::system())).clone();
    match options.text(&table::LOG_FORMAT)?.unwrap_or("text").to_ascii_lowercase().as_str() {
        "text" => {
            let layer = layer.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
            registry.with(layer.with_filter(flood)).init();
        }
        "json" => registry.with(layer.json().with_filter(flood)).init(),
        _ => return Err(options.bad(&table::LOG_FORMAT, "must be text or json")),
    }
    Ok(())
}

/// Sums up what was refused and not written, again and again.
pub async fn sum_up_floods() {
    let Some(flood) = FLOOD.get() else { return };
    let mut ticks = tokio::time::interval(SUM);
    loop {
        ticks.tick().await;
        flood.sum_up(SUM.as_secs());
    }
}
