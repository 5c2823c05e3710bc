//! Checks before a request is routed, and the framing of responses for HTTP/1.0.

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Version};
use axum::response::Response;
use domain::Code;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::Unservable;

/// The largest response of unknown length that is buffered for HTTP/1.0.
const MAX_BUFFERED: usize = 4 * 1024 * 1024;

/// Rejects a missing, repeated or malformed `Host` (RFC 9112, 3.2).
pub fn fault(version: Version, headers: &HeaderMap) -> Option<Unservable> {
    let mut hosts = headers.get_all(HOST).iter();
    let details = match (hosts.next(), hosts.next()) {
        (None, _) if version >= Version::HTTP_11 => "The request has no Host header",
        (None, _) => return None,
        (Some(_), Some(_)) => "The request has more than one Host header",
        (Some(host), None) if is_host(host.as_bytes()) => return None,
        (Some(_), None) => "The Host header is not a host name",
    };
    Some(Unservable {
        code: Code::BadRequest,
        details,
    })
}

fn is_host(text: &[u8]) -> bool {
    let Ok(host) = Authority::try_from(text) else {
        return false;
    };
    let port = host.as_str().strip_prefix(host.host());
    let is_port = |port: &str| port.is_empty() || host.port_u16().is_some() || port == ":";
    !host.host().is_empty() && !host.as_str().contains('@') && port.is_some_and(is_port)
}

/// The error for a request that the parser has rejected.
pub fn parser(status: StatusCode) -> Unservable {
    let (code, details) = match status {
        StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
            Code::HeadersTooLarge,
            Code::HeadersTooLarge.sentence(),
        ),
        _ => (
            Code::BadRequest,
            "This is not a well-formed request of HTTP/1.1",
        ),
    };
    Unservable { code, details }
}

/// Frames a response for the HTTP version. In HTTP/1.0 a body of unknown length ends with the
/// connection, so an incomplete body looks complete. Such a body is buffered first and gets a
/// length. Event streams are exempt because each event has its own end.
///
/// # Errors
/// The error to respond with if the body fails or is too long.
pub async fn framed(version: Version, response: Response) -> Result<Response, Unservable> {
    let is_live = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "text/event-stream");
    if version >= Version::HTTP_11 || is_live || response.body().size_hint().exact().is_some() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let broken = Unservable {
        code: Code::Internal,
        details: Code::Internal.sentence(),
    };
    let bytes = to_bytes(body, MAX_BUFFERED)
        .await
        .map_err(|_| broken)?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

/// A response as bytes. The connection is closed after it.
pub async fn plain(response: Response) -> Vec<u8> {
    let (parts, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend(
        format!(
            "content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        )
        .into_bytes(),
    );
    bytes.extend_from_slice(&body);
    bytes
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_host_is_one_name_with_or_without_a_port() {
        let refused = |version, hosts: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_bytes(host).expect("a value"));
            }
            fault(version, &headers).is_some()
        };
        for host in [
            "x",
            "keys.example.com",
            "localhost:3000",
            "127.0.0.1",
            "[::1]:3000",
            "[2001:db8::1]",
            "a_b",
            "x:",
        ] {
            assert!(
                !refused(Version::HTTP_11, &[host.as_bytes()]),
                "{host}"
            );
        }
        for host in [
            "",
            " ",
            "a b",
            "a/b",
            "user@x",
            "http://x",
            "x:abc",
            "x:99999",
            "[::1",
            "x?y",
            "x#y",
            "\u{e4}.test",
            ":80",
        ] {
            assert!(
                refused(Version::HTTP_11, &[host.as_bytes()]),
                "{host}"
            );
        }
        assert!(refused(Version::HTTP_11, &[]) && !refused(Version::HTTP_10, &[]));
        assert!(
            refused(Version::HTTP_11, &[b"x", b"x"]) && refused(Version::HTTP_10, &[b"x", b"y"])
        );
    }
}
