//! Limit on unfinished request bodies per client, so that slow senders cannot fill the memory.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Code;
use engine::attempts::Client;
use engine::ctx::Origin;
use hyper::body::{Frame, SizeHint};

use super::problem::ApiError;

/// The limit for one client. A request that waits for its body takes about 60 KiB.
pub const LIMIT: usize = 256;

/// The number of unfinished bodies of each client.
#[derive(Clone, Default)]
pub struct UnfinishedBodies(Arc<Mutex<HashMap<Client, usize>>>);

impl UnfinishedBodies {
    fn begin(&self, client: Client) -> Option<Permit> {
        let mut counts = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if *count >= LIMIT {
            return None;
        }
        *count += 1;
        Some(Permit {
            bodies: self.clone(),
            client,
        })
    }
}

/// An unfinished body. It is dropped when the body is finished.
struct Permit {
    bodies: UnfinishedBodies,
    client: Client,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self
            .bodies
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}

/// Rejects a request with a body if its client has [`LIMIT`] unfinished bodies.
pub async fn limit(
    State(bodies): State<UnfinishedBodies>,
    request: Request,
    next: Next,
) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let client = request
        .extensions()
        .get::<Origin>()
        .map_or(Client::Unknown, Client::of);
    let Some(permit) = bodies.begin(client) else {
        let details =
            "Too many unfinished requests from your network. Send the body with its request.";
        return ApiError::with_details(Code::TooManyRequests, details).into_response();
    };
    let counted = |body| {
        Body::new(CountedBody {
            body,
            permit: Some(permit),
        })
    };
    next.run(request.map(counted)).await
}

/// A body that releases its permit with its last frame.
struct CountedBody {
    body: Body,
    permit: Option<Permit>,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream() {
            self.permit = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tokio::task::JoinSet;
    use tower::ServiceExt;

    use super::*;

    impl UnfinishedBodies {
        fn count_of(&self, client: Client) -> usize {
            let counts = self
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            counts.get(&client).copied().unwrap_or_default()
        }
    }

    /// A body that never arrives.
    struct Never;

    impl HttpBody for Never {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Pending
        }
    }

    fn client(address: &str) -> Client {
        Client::of(&origin(address))
    }

    fn origin(address: &str) -> Origin {
        Origin {
            address: Some(address.to_owned()),
            ..Origin::default()
        }
    }

    async fn send(router: Router, address: &str, body: Body) -> StatusCode {
        let request = Request::post("/")
            .extension(origin(address))
            .body(body)
            .expect("a request");
        router
            .oneshot(request)
            .await
            .expect("an answer")
            .status()
    }

    // R7
    #[tokio::test]
    async fn a_client_has_a_limited_number_of_unfinished_bodies() {
        let bodies = UnfinishedBodies::default();
        let router = Router::new()
            .route("/", post(async |_: Bytes| ()))
            .layer(from_fn_with_state(bodies.clone(), limit));
        let mut unfinished = JoinSet::new();
        for _ in 0..LIMIT {
            let router = router.clone();
            unfinished.spawn(async move { send(router, "192.0.2.1", Body::new(Never)).await });
        }
        while bodies.count_of(client("192.0.2.1")) < LIMIT {
            tokio::task::yield_now().await;
        }
        let short = || Body::from("{}");
        assert_eq!(
            send(router.clone(), "192.0.2.1", Body::new(Never)).await,
            StatusCode::TOO_MANY_REQUESTS
        );
        assert_eq!(
            send(router.clone(), "192.0.2.1", short()).await,
            StatusCode::TOO_MANY_REQUESTS
        );
        assert_eq!(
            send(router.clone(), "192.0.2.1", Body::empty()).await,
            StatusCode::OK
        );
        assert_eq!(
            send(router.clone(), "192.0.2.2", short()).await,
            StatusCode::OK
        );
        unfinished.shutdown().await;
        for _ in 0..LIMIT + 1 {
            assert_eq!(
                send(router.clone(), "192.0.2.1", short()).await,
                StatusCode::OK
            );
        }
        assert!(
            bodies.0.lock().expect("not poisoned").is_empty(),
            "finished bodies are not counted"
        );
    }
}
