//! What answers the requests of every connection.

use std::net::SocketAddr;
use std::pin::Pin;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use domain::Code;
use tower::ServiceExt;

/// An error that the connection has found before routing. It is an extension of the request, so
/// that its response has the same format, ID, headers and log line as every other.
#[derive(Clone, Copy, Debug)]
pub struct Unservable {
    /// The error code.
    pub code: Code,
    /// One sentence.
    pub details: &'static str,
}

/// Answers requests. It is no generic parameter, so that the code of connections is compiled once,
/// here, and for speed.
pub trait Handler: Send + Sync + 'static {
    /// Answers a request of this client, which has no address on a Unix socket. Its extensions have
    /// [`Unservable`] if it is not to be served.
    fn handle(&self, request: Request, peer: Option<SocketAddr>) -> Answer;
}

impl Handler for Router {
    fn handle(&self, mut request: Request, peer: Option<SocketAddr>) -> Answer {
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        route(self, request)
    }
}

/// Runs a request through routes.
pub fn route(routes: &Router, request: Request) -> Answer {
    let routes = routes.clone();
    Answer::Running(Box::pin(async move {
        let answered = routes.oneshot(request).await;
        answered.unwrap_or_else(|never| match never {})
    }))
}

/// The response to a request, or the work that creates it.
pub enum Answer {
    /// The response.
    Ready(Response),
    /// The work.
    Running(Pin<Box<dyn Future<Output = Response> + Send>>),
}

impl Answer {
    /// The response, when it is ready.
    pub async fn response(self) -> Response {
        match self {
            Self::Ready(response) => response,
            Self::Running(work) => work.await,
        }
    }
}
