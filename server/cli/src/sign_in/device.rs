//! Signing in with a code on any device.

use std::time::Duration;

use reqwest::Client;
use url::Url;

use super::oauth::{self, Refusal};
use crate::credentials::Credentials;
use crate::failure::{Failure, FailureKind};
use crate::output::Output;

/// By how much the program waits longer each time it asked too often.
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// Shows the code, and waits until the person has decided.
pub async fn sign_in(
    client: &Client,
    installation: &Url,
    output: &Output,
) -> Result<Credentials, Failure> {
    let codes = oauth::start_device(client, installation).await?;
    output.note("To sign in, open this page on any device:");
    output.note("");
    output.note(&format!("  {}", codes.verification_uri));
    output.note("");
    output.note(&format!("and enter this code:  {}", codes.user_code));
    output.note("");
    output.note(&format!(
        "Or open it with the code: {}",
        codes.verification_uri_complete
    ));
    output.note("Waiting…");

    let patience = Duration::from_secs(codes.expires_in);
    let mut interval = Duration::from_secs(codes.interval);
    let mut waited = Duration::ZERO;
    while waited < patience {
        waited += interval;
        tokio::time::sleep(interval).await;
        match oauth::device_tokens(client, installation, &codes.device_code).await {
            Ok(credentials) => return Ok(credentials),
            Err(Refusal::Pending) => {}
            Err(Refusal::SlowDown) => interval += SLOW_DOWN,
            // A network that is away for a moment ends nothing.
            Err(Refusal::Final(failure)) if failure.kind() == FailureKind::Unavailable => {}
            Err(Refusal::Final(failure)) => return Err(failure),
        }
    }
    Err(
        Failure::new(FailureKind::Cancelled, "The code has expired.")
            .next("Run the command again."),
    )
}
