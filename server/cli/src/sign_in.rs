//! Signing in: in the browser of this computer (RFC 8252), or on any device with a code (RFC 8628).

mod device;
mod loopback;
pub mod oauth;

use reqwest::Client;
use url::Url;

use crate::credentials::Credentials;
use crate::failure::Failure;
use crate::output::Output;

/// Signs in.
pub async fn sign_in(
    client: &Client,
    installation: &Url,
    no_browser: bool,
    output: &Output,
) -> Result<Credentials, Failure> {
    if no_browser || !has_browser() {
        device::sign_in(client, installation, output).await
    } else {
        loopback::sign_in(client, installation, output).await
    }
}

/// Whether a browser can be opened here: not over SSH, and not without a display.
fn has_browser() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("SSH_CONNECTION") || is_set("SSH_TTY") {
        return false;
    }
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
