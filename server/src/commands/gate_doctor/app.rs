//! An HTTP server that takes the place of the API: it keeps what the proxy passes on.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::client::MARK;

/// More than the body of any probe.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// A request as it arrived at the API.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The mark of the probe.
    pub mark: String,
    /// The method.
    pub method: Method,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or nothing if it did not arrive as a whole.
    pub body: Option<Vec<u8>>,
}

type Requests = Arc<Mutex<Vec<Seen>>>;

/// The server. It stops when it is dropped.
pub(super) struct ProbedApp {
    /// Where it listens.
    pub address: SocketAddr,
    requests: Requests,
    task: JoinHandle<()>,
}

impl ProbedApp {
    /// Listens on the address.
    ///
    /// # Errors
    /// If the address is in use or not of this machine.
    pub async fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let requests = Requests::default();
        let router = Router::new()
            .fallback(answer)
            .with_state(requests.clone());
        let task = tokio::spawn(async move {
            // It returns only if the task is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            requests,
            task,
        })
    }

    /// The first request with this mark.
    pub fn seen(&self, mark: &str) -> Option<Seen> {
        lock(&self.requests)
            .iter()
            .find(|seen| seen.mark == mark)
            .cloned()
    }
}

impl Drop for ProbedApp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(requests: &Requests) -> MutexGuard<'_, Vec<Seen>> {
    requests
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the request of a probe. The API is not available to others.
async fn answer(
    State(requests): State<Requests>,
    request: Request<Body>,
) -> (StatusCode, &'static str) {
    let (parts, body) = request.into_parts();
    let mark = parts
        .headers
        .get(MARK)
        .and_then(|mark| mark.to_str().ok());
    let Some(mark) = mark.map(str::to_owned) else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "roundtable gate doctor listens here\n",
        );
    };
    let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
    lock(&requests).push(Seen {
        mark,
        method: parts.method,
        headers: parts.headers,
        body: body.ok().map(|body| body.to_bytes().to_vec()),
    });
    (StatusCode::OK, "roundtable gate doctor\n")
}
