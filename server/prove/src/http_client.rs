//! The HTTP client of all calls.

use std::time::Duration;

use reqwest::Client;

use crate::Outcome;

/// The timeout of a call.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An HTTP client that follows no redirects and uses no proxy.
///
/// # Errors
/// If it cannot be created.
pub fn client() -> Outcome<Client> {
    Ok(Client::builder()
        .no_proxy()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()?)
}
