//! Logs: one line per request, one line per failure with its cause. No query strings, no header values. A flood of
//! refusals is summed up.

mod flood;

use std::sync::OnceLock;
use std::time::Duration;

use engine::Outside;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::BadSetting;

pub use flood::Flood;

/// How often a flood of refusals is summed up.
const SUM: Duration = Duration::from_secs(10);

static FLOOD: OnceLock<Flood> = OnceLock::new();

/// Starts logging to standard error, in `text` or `json`.
///
/// # Errors
/// When the format is neither.
pub fn start(format: Option<&str>) -> Result<(), BadSetting> {
    let filter = EnvFilter::try_from_env("ROUNDTABLE_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let flood = FLOOD.get_or_init(|| Flood::new(Outside::system())).clone();
    match format.unwrap_or("text") {
        "text" => {
            let layer = layer.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
            registry.with(layer.with_filter(flood)).init();
        }
        "json" => registry.with(layer.json().with_filter(flood)).init(),
        other => return Err(BadSetting(format!("LOG_FORMAT must be text or json, not {other}"))),
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
