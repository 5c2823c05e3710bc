//! HTTP requests to the provider: no redirects, at most 10 seconds and 64 KiB, and https except on
//! loopback.

use std::time::Duration;

use http::header::CACHE_CONTROL;
use reqwest::{Response, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::{Failure, SetupError};

/// The timeout of a request, and of the whole code exchange.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

pub(crate) struct HttpResponse {
    pub body: Vec<u8>,
    pub max_age_seconds: Option<i64>,
}

/// Creates the HTTP client for a provider at `url`. Requests to loopback never use a proxy.
pub(crate) fn http_client(url: &Url) -> Result<reqwest::Client, SetupError> {
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .connect_timeout(TIMEOUT / 2);
    let builder = if is_loopback(url) {
        builder.no_proxy()
    } else {
        builder
    };
    Ok(builder.build()?)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether a token may be sent to the URL. Plain http is allowed only on loopback, and only if
/// `loopback_allowed`.
pub(crate) fn is_secure(url: &Url, loopback_allowed: bool) -> bool {
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let is_scheme_allowed = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => loopback_allowed && is_loopback(url),
        _ => false,
    };
    is_plain && is_scheme_allowed
}

pub(crate) async fn get(http: &reqwest::Client, url: &Url) -> Result<HttpResponse, Failure> {
    fetch(http.get(url.clone())).await
}

/// The same with an access token.
pub(crate) async fn get_as(
    http: &reqwest::Client,
    url: &Url,
    access: &SecretString,
) -> Result<HttpResponse, Failure> {
    fetch(
        http.get(url.clone())
            .bearer_auth(access.expose_secret()),
    )
    .await
}

async fn fetch(request: reqwest::RequestBuilder) -> Result<HttpResponse, Failure> {
    let response = request.send().await.map_err(unreachable)?;
    if response.status() != http::StatusCode::OK {
        return Err(Failure::ProviderUnreachable(status(
            response.url(),
            response.status(),
        )));
    }
    let max_age_seconds = max_age(&response);
    let body = read(response).await?;
    Ok(HttpResponse {
        body,
        max_age_seconds,
    })
}

/// Sends a request of the oauth2 crate. A server error or a redirect counts as an outage.
pub(crate) async fn send(
    http: reqwest::Client,
    request: oauth2::HttpRequest,
) -> Result<oauth2::HttpResponse, Failure> {
    let request = reqwest::Request::try_from(request).map_err(unreachable)?;
    let response = http.execute(request).await.map_err(unreachable)?;
    let status = response.status();
    if status.is_server_error() || status.is_redirection() {
        return Err(Failure::ProviderUnreachable(self::status(
            response.url(),
            status,
        )));
    }
    let headers = response.headers().clone();
    let mut whole = http::Response::new(read(response).await?);
    *whole.status_mut() = status;
    *whole.headers_mut() = headers;
    Ok(whole)
}

fn status(url: &Url, status: http::StatusCode) -> String {
    format!(
        "status {status} from {}",
        url.host_str().unwrap_or_default()
    )
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(Failure::ResponseTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn max_age(response: &Response) -> Option<i64> {
    let value = response
        .headers()
        .get(CACHE_CONTROL)?
        .to_str()
        .ok()?;
    value.split(',').find_map(|part| {
        part.trim()
            .strip_prefix("max-age=")?
            .trim_matches('"')
            .parse()
            .ok()
    })
}

/// An outage with the host and the chain of causes, such as a failed DNS lookup, a refused
/// connection or a wrong certificate. The rest of the URL may contain secrets and is left out.
fn unreachable(error: reqwest::Error) -> Failure {
    let host = error
        .url()
        .and_then(Url::host_str)
        .unwrap_or_default()
        .to_owned();
    let error = error.without_url();
    let mut text = format!("{host}: {error}");
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let message = inner.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = inner.source();
    }
    Failure::ProviderUnreachable(text)
}
