//! Asking the provider over HTTP: no redirects, 10 seconds, 64 KiB, https except on loopback.

use std::time::Duration;

use http::header::CACHE_CONTROL;
use reqwest::{Response, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::{Failure, SetupError};

/// Longest wait for one answer, and for the whole exchange of a code.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST_ANSWER_BYTES: usize = 64 * 1024;

pub(crate) struct HttpResponse {
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

pub(crate) async fn get(http: &reqwest::Client, address: &Url) -> Result<HttpResponse, Failure> {
    ask(http.get(address.clone())).await
}

/// The same with an access token.
pub(crate) async fn get_as(
    http: &reqwest::Client,
    address: &Url,
    access: &SecretString,
) -> Result<HttpResponse, Failure> {
    ask(http.get(address.clone()).bearer_auth(access.expose_secret())).await
}

async fn ask(request: reqwest::RequestBuilder) -> Result<HttpResponse, Failure> {
    let answer = request.send().await.map_err(unreachable)?;
    if answer.status() != http::StatusCode::OK {
        return Err(Failure::ProviderUnreachable(status(answer.url(), answer.status())));
    }
    let max_age_seconds = max_age(&answer);
    let body = read(answer).await?;
    Ok(HttpResponse { body, max_age_seconds })
}

/// Sends a request of the oauth2 crate. A server error counts as an outage.
pub(crate) async fn send(http: reqwest::Client, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, Failure> {
    let request = reqwest::Request::try_from(request).map_err(unreachable)?;
    let answer = http.execute(request).await.map_err(unreachable)?;
    let status = answer.status();
    if status.is_server_error() || status.is_redirection() {
        return Err(Failure::ProviderUnreachable(self::status(answer.url(), status)));
    }
    let headers = answer.headers().clone();
    let mut whole = http::Response::new(read(answer).await?);
    *whole.status_mut() = status;
    *whole.headers_mut() = headers;
    Ok(whole)
}

fn status(address: &Url, status: http::StatusCode) -> String {
    format!("status {status} from {}", address.host_str().unwrap_or_default())
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

/// Names the host and every cause down to the first one (a name that is not found, a refused connection, a certificate).
/// The rest of the address stays out of it.
fn unreachable(error: reqwest::Error) -> Failure {
    let host = error.url().and_then(Url::host_str).unwrap_or_default().to_owned();
    let error = error.without_url();
    let mut text = format!("{host}: {error}");
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    Failure::ProviderUnreachable(text)
}
