//! Restricts the provider to this machine, even if the server listens on other addresses.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request},
    http::{StatusCode, header::HOST},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::Url;

use crate::web::is_loopback;

/// Rejects clients that are not on loopback, and a `Host` that is not on loopback (DNS rebinding).
pub(super) async fn local_only(request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>();
    let is_remote_peer = peer.is_some_and(|peer| !peer.0.ip().to_canonical().is_loopback());
    let is_remote_host = request
        .headers()
        .get(HOST)
        .is_some_and(|host| !host.to_str().is_ok_and(is_local_host));
    if is_remote_peer || is_remote_host {
        return (
            StatusCode::FORBIDDEN,
            "The development sign-in is available on this machine only.",
        )
            .into_response();
    }
    next.run(request).await
}

fn is_local_host(host: &str) -> bool {
    Url::parse(&format!("http://{host}/")).is_ok_and(|url| is_loopback(&url))
}

#[cfg(test)]
mod tests {
    use super::is_local_host;

    #[test]
    fn only_loopback_hosts_are_local() {
        for good in [
            "localhost",
            "localhost:3000",
            "127.0.0.1:3000",
            "[::1]:3000",
        ] {
            assert!(is_local_host(good), "{good}");
        }
        for bad in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "0.0.0.0",
            "",
        ] {
            assert!(!is_local_host(bad), "{bad}");
        }
    }
}
