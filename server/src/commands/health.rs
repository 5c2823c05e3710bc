//! `roundtable health`: asks a running server whether it can serve. Container runtimes run it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::{CliError, innermost_cause, print_line};
use crate::config::Options;

/// How long to wait for the answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks `/readyz` at the address of the settings, on this machine.
///
/// # Errors
/// If the server cannot be reached or is not ready.
pub(super) async fn run(options: &Options) -> Result<(), CliError> {
    let addr = reachable(options.addr()?);
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .build()
        .map_err(|error| CliError::Other(error.to_string()))?;
    let response = client
        .get(format!("http://{addr}/readyz"))
        .send()
        .await
        .map_err(|error| {
            let cause = innermost_cause(error);
            CliError::Unreachable(format!(
                "the server at {addr} cannot be reached: {cause}"
            ))
        })?;
    let is_ready = response.status().is_success();
    let text = response.text().await.unwrap_or_default();
    if is_ready {
        print_line(&text);
        Ok(())
    } else {
        Err(CliError::Other(format!(
            "the server is not ready: {text}"
        )))
    }
}

/// The address at which a client on this machine reaches the server. One that listens on all
/// addresses listens on loopback too.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
