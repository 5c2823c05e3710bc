//! The accept loop: HTTP/1.1 with timeouts for slow headers and unread responses, which
//! `axum::serve` does not have, and a graceful shutdown that gives running requests ten seconds.
//!
//! It knows nothing of the product but its error codes. It is a crate of its own because every
//! request runs through it: it is compiled for speed, and the rest of the server for size.

mod check;
mod handler;
mod socket;
mod wire;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};

use self::socket::Accepted;
use self::wire::{Exchange, Patience, Refuse, Wire};

pub use self::handler::{Answer, Handler, Unservable, route};
pub use self::socket::Socket;
#[cfg(unix)]
pub use self::socket::UnixSocket;
pub use self::wire::EndsWith;

/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may read nothing of a response.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long running requests may take when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// What answers the requests, shared by all connections.
type Shared = Arc<dyn Handler>;

/// Serves until `stop` resolves, then waits for running requests.
pub async fn serve(
    socket: impl Into<Socket>,
    handler: impl Handler,
    stop: impl Future<Output = ()> + Send,
) {
    serve_with(socket, handler, READ_TIMEOUT, stop).await;
}

/// The same with another timeout for unread responses.
pub async fn serve_with(
    socket: impl Into<Socket>,
    handler: impl Handler,
    unread: Duration,
    stop: impl Future<Output = ()> + Send,
) {
    accept_until(
        socket.into(),
        Arc::new(handler),
        unread,
        std::pin::pin!(stop),
    )
    .await;
}

async fn accept_until(
    socket: Socket,
    handler: Shared,
    unread: Duration,
    mut stop: Pin<&mut (dyn Future<Output = ()> + Send)>,
) {
    let graceful = GracefulShutdown::new();
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = socket.accept() => match accepted {
                Ok(Accepted::Tcp(stream, peer)) => {
                    // Otherwise a response in two packets waits for the client's acknowledgment of
                    // the first, which may take 40 ms.
                    let _ = stream.set_nodelay(true);
                    connect(stream, Some(peer), &handler, unread, &graceful);
                }
                #[cfg(unix)]
                Ok(Accepted::Unix(stream)) => {
                    connect(stream, None, &handler, unread, &graceful);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(socket);
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
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Option<SocketAddr>,
    handler: &Shared,
    unread: Duration,
    graceful: &GracefulShutdown,
) {
    let exchange = Exchange::default();
    let wire = Wire::new(
        stream,
        exchange.clone(),
        Patience {
            head: HEADER_TIMEOUT,
            unread,
        },
        refuse(handler.clone(), peer),
    );
    let handler = handler.clone();
    let exchanges = service_fn(move |request: hyper::Request<Incoming>| {
        let handler = handler.clone();
        let running = exchange.begin();
        async move {
            let mut response = answer(handler, request.map(Body::new), peer).await;
            if let Some(end) = response.extensions_mut().remove::<EndsWith>() {
                running.ends_with(&end);
            }
            Ok::<_, Infallible>(response.map(|body| running.until_sent(body)))
        }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    // The stream has a timeout of its own.
    http.header_read_timeout(None)
        .max_buf_size(64 * 1024);
    let connection = graceful.watch(http.serve_connection(TokioIo::new(wire), exchanges));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection was closed early");
        }
    });
}

async fn answer(handler: Shared, mut request: Request, peer: Option<SocketAddr>) -> Response {
    let version = request.version();
    if let Some(fault) = check::fault(version, request.headers()) {
        request.extensions_mut().insert(fault);
    }
    let response = handler.handle(request, peer).response().await;
    match check::framed(version, response).await {
        Ok(response) => response,
        Err(fault) => refused(&handler, fault, peer).await,
    }
}

/// The response to a request that could not be read, or whose response failed. The handler creates
/// it, so that it has the ID, the headers and the log line of every other response.
async fn refused(handler: &Shared, fault: Unservable, peer: Option<SocketAddr>) -> Response {
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(fault);
    handler.handle(request, peer).response().await
}

fn refuse(handler: Shared, peer: Option<SocketAddr>) -> Refuse {
    Box::new(move |status| {
        let handler = handler.clone();
        Box::pin(async move {
            let response = refused(&handler, check::parser(status), peer).await;
            check::plain(response).await
        })
    })
}
