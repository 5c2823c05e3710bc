//! Keeps the stand-in to this machine, whatever address the server around it listens on.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request},
    http::{StatusCode, header::HOST},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::Url;

use crate::web::is_loopback;

/// Refuses a peer that is not on loopback, where the server tells the peer, and a `Host` that is not (DNS rebinding).
pub(super) async fn local_only(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let far_peer = peer.is_some_and(|peer| !peer.0.ip().to_canonical().is_loopback());
    let far_host = request.headers().get(HOST).is_some_and(|host| !host.to_str().is_ok_and(names_us));
    if far_peer || far_host {
        return (StatusCode::FORBIDDEN, "The stand-in serves this machine only.").into_response();
    }
    next.run(request).await
}

fn names_us(host: &str) -> bool {
    Url::parse(&format!("http://{host}/")).is_ok_and(|address| is_loopback(&address))
}

#[cfg(test)]
mod tests {
    use super::names_us;

    #[test]
    fn only_loopback_hosts_are_ours() {
        for good in ["localhost", "localhost:3000", "127.0.0.1:3000", "[::1]:3000"] {
            assert!(names_us(good), "{good}");
        }
        for bad in ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "0.0.0.0", ""] {
            assert!(!names_us(bad), "{bad}");
        }
    }
}
