//! The accept loop: HTTP/1.1 with timeouts for slow headers and unread responses, which
//! `axum::serve` does not have, and a graceful shutdown that gives running requests ten seconds.

mod check;
mod wire;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use self::wire::{Exchange, Refuse, Wire};

pub use self::wire::EndsWith;
use super::problem::Unservable;

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may read nothing of a response.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long running requests may take when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until `stop` resolves, then waits for running requests.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    serve_with(listener, router, READ_TIMEOUT, stop).await;
}

/// The same with another timeout for unread responses.
pub async fn serve_with(
    listener: TcpListener,
    router: Router,
    unread: Duration,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(stream, peer, &router, unread, &graceful),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were still running at the end of the shutdown timeout");
    }
}

/// Resolves on Ctrl-C or SIGTERM.
pub async fn asked_to_stop() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}

fn connect(
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    unread: Duration,
    graceful: &GracefulShutdown,
) {
    let exchange = Exchange::default();
    let wire = Wire::new(
        stream,
        exchange.clone(),
        unread,
        refuse(router.clone(), peer),
    );
    let router = router.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        let running = exchange.begin();
        async move {
            let mut response = answer(router, request.map(Body::new), peer).await;
            if let Some(end) = response.extensions_mut().remove::<EndsWith>() {
                running.ends_with(&end);
            }
            Ok::<_, Infallible>(response.map(|body| running.until_sent(body)))
        }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(64 * 1024);
    let connection = graceful.watch(http.serve_connection(TokioIo::new(wire), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection was closed early");
        }
    });
}

async fn answer(router: Router, mut request: Request<Body>, peer: SocketAddr) -> Response {
    let version = request.version();
    if let Some(fault) = check::fault(version, request.headers()) {
        request.extensions_mut().insert(fault);
    }
    let response = route(router.clone(), request, peer).await;
    match check::framed(version, response).await {
        Ok(response) => response,
        Err(fault) => refused(router, fault, peer).await,
    }
}

async fn route(router: Router, mut request: Request<Body>, peer: SocketAddr) -> Response {
    request.extensions_mut().insert(ConnectInfo(peer));
    router
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {})
}

/// The response to a request that could not be read, or whose response failed. The router creates
/// it, so that it has the ID, the headers and the log line of every other response.
async fn refused(router: Router, fault: Unservable, peer: SocketAddr) -> Response {
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(fault);
    route(router, request, peer).await
}

fn refuse(router: Router, peer: SocketAddr) -> Refuse {
    Box::new(move |status| {
        let router = router.clone();
        Box::pin(
            async move { check::plain(refused(router, check::parser(status), peer).await).await },
        )
    })
}
