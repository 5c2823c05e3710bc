//! Asking the provider over HTTP: no redirects, 10 seconds, 64 KiB, https except on loopback.

use std::time::Duration;

use http::header::CACHE_CONTROL;
use reqwest::{Response, redirect::Policy};
use url::{Host, Url};

use crate::{Failure, SetupError};

/// Longest wait for one answer, and for the whole exchange of a code.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST_ANSWER_BYTES: usize = 64 * 1024;

pub(crate) struct Answer {
    pub body: Vec<u8>,
    pub max_age_seconds: Option<i64>,
}

/// Makes the HTTP client for a provider at `address`. A provider on this machine is never asked through a proxy.
pub(crate) fn http_client(address: &Url) -> Result<reqwest::Client, SetupError> {
    let builder = reqwest::Client::builder().redirect(Policy::none()).timeout(PATIENCE).connect_timeout(PATIENCE / 2);
    let builder = if is_loopback(address) { builder.no_proxy() } else { builder };
    Ok(builder.build()?)
}

pub(crate) fn is_loopback(address: &Url) -> bool {
    match address.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether the address may be trusted with a token; plain http only if `loopback_allowed` and it stays on this machine.
pub(crate) fn is_secure(address: &Url, loopback_allowed: bool) -> bool {
    let plain = address.username().is_empty() && address.password().is_none() && address.fragment().is_none();
    let scheme = match address.scheme() {
        "https" => address.host().is_some(),
        "http" => loopback_allowed && is_loopback(address),
        _ => false,
    };
    plain && scheme
}

pub(crate) async fn get(http: &reqwest::Client, address: &Url) -> Result<Answer, Failure> {
    let answer = http.get(address.clone()).send().await.map_err(unreachable)?;
    if answer.status() != http::StatusCode::OK {
        return Err(Failure::ProviderUnreachable(format!("status {}", answer.status())));
    }
    let max_age_seconds = max_age(&answer);
    let body = read(answer).await?;
    Ok(Answer { body, max_age_seconds })
}

/// Sends a request of the oauth2 crate. A server error counts as an outage.
pub(crate) async fn send(http: reqwest::Client, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, Failure> {
    let request = reqwest::Request::try_from(request).map_err(unreachable)?;
    let answer = http.execute(request).await.map_err(unreachable)?;
    let status = answer.status();
    if status.is_server_error() || status.is_redirection() {
        return Err(Failure::ProviderUnreachable(format!("status {status}")));
    }
    let headers = answer.headers().clone();
    let mut whole = http::Response::new(read(answer).await?);
    *whole.status_mut() = status;
    *whole.headers_mut() = headers;
    Ok(whole)
}

async fn read(mut answer: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(unreachable)? {
        if body.len() + piece.len() > LARGEST_ANSWER_BYTES {
            return Err(Failure::AnswerTooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn max_age(answer: &Response) -> Option<i64> {
    let value = answer.headers().get(CACHE_CONTROL)?.to_str().ok()?;
    value.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.trim_matches('"').parse().ok())
}

fn unreachable(cause: reqwest::Error) -> Failure {
    Failure::ProviderUnreachable(cause.to_string())
}
