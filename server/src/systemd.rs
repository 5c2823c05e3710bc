//! What this process reports to systemd, in a unit of the type `notify`. Without systemd, these
//! functions do nothing.

use sd_notify::NotifyState;

/// Says that requests are accepted.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Says that the process is about to stop.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says again and again that the process is alive, if the unit sets `WatchdogSec`. A runtime whose
/// threads all hang does not say it, and systemd restarts the process. An unavailable database is no
/// reason to restart.
pub async fn keep_alive() {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut ticks = tokio::time::interval(limit / 2);
    loop {
        ticks.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be notified");
    }
}
