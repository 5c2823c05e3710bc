//! The accept loop: HTTP/1.1 with timeouts for slow headers and unread responses, which
//! `axum::serve` does not have, and a graceful shutdown that gives running requests ten seconds.

mod check;
mod wire;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::{Service, ServiceExt};

use self::wire::{Exchange, Refuse, Wire};

pub use self::wire::EndsWith;
use super::problem::Unservable;

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may read nothing of a response.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long running requests may take when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// What answers the requests of every connection.
pub trait Serve:
    Service<Request, Response = Response, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Serve for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Serves until `stop` resolves, then waits for running requests.
pub async fn serve(listener: TcpListener, service: impl Serve, stop: impl Future<Output = ()>) {
    serve_with(listener, service, READ_TIMEOUT, stop).await;
}

/// The same with another timeout for unread responses.
pub async fn serve_with(
    listener: TcpListener,
    service: impl Serve,
    unread: Duration,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    // Otherwise a response in two packets waits for the client's acknowledgment of
                    // the first, which may take 40 ms.
                    let _ = stream.set_nodelay(true);
                    connect(stream, peer, &service, unread, &graceful);
                }
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
    service: &impl Serve,
    unread: Duration,
    graceful: &GracefulShutdown,
) {
    let exchange = Exchange::default();
    let wire = Wire::new(
        stream,
        exchange.clone(),
        unread,
        refuse(service.clone(), peer),
    );
    let service = service.clone();
    let exchanges = service_fn(move |request: hyper::Request<Incoming>| {
        let service = service.clone();
        let running = exchange.begin();
        async move {
            let mut response = answer(service, request.map(Body::new), peer).await;
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
    let connection = graceful.watch(http.serve_connection(TokioIo::new(wire), exchanges));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection was closed early");
        }
    });
}

async fn answer(service: impl Serve, mut request: Request<Body>, peer: SocketAddr) -> Response {
    let version = request.version();
    if let Some(fault) = check::fault(version, request.headers()) {
        request.extensions_mut().insert(fault);
    }
    let response = route(service.clone(), request, peer).await;
    match check::framed(version, response).await {
        Ok(response) => response,
        Err(fault) => refused(service, fault, peer).await,
    }
}

async fn route(service: impl Serve, mut request: Request<Body>, peer: SocketAddr) -> Response {
    request.extensions_mut().insert(ConnectInfo(peer));
    service
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {})
}

/// The response to a request that could not be read, or whose response failed. The router creates
/// it, so that it has the ID, the headers and the log line of every other response.
async fn refused(service: impl Serve, fault: Unservable, peer: SocketAddr) -> Response {
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(fault);
    route(service, request, peer).await
}

fn refuse(service: impl Serve, peer: SocketAddr) -> Refuse {
    Box::new(move |status| {
        let service = service.clone();
        Box::pin(
            async move { check::plain(refused(service, check::parser(status), peer).await).await },
        )
    })
}
