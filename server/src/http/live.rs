//! Server-sent events that update open pages: `used` when a key is used, `ended` when one is revoked
//! or has expired, `changed` when a list is out of date.
//!
//! A stream stays open as long as the user has access. It does not extend the session. Without
//! access the response is 204, which makes a browser stop reconnecting and is not an error in its
//! console.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use app::request::PageContext;
use app::routes::LIVE;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use domain::event::EventCategory;
use domain::{Code, Moment};
use engine::ctx::Origin;
use engine::live::{View, Watch};
use engine::{Error, Result};
use hyper::body::Frame;
use serde::Deserialize;
use tokio::sync::mpsc::{self, Receiver, Sender};

use self::dedup::Dedup;
use super::problem::ApiError;
use super::{AppState, context, sessions};

mod dedup;

/// How long a browser waits before it reconnects, in milliseconds.
const RETRY: &str = "retry: 3000\n\n";
/// The same when the server stops. A browser that reconnects too early shows an error in its
/// console.
const RETRY_LATER: &str = "retry: 20000\n\n";
/// A comment that keeps proxies from closing an idle stream.
const KEEP_ALIVE: &str = ":\n\n";
/// The number of checks without news before a keep-alive. A check takes five seconds at most.
const IDLE_CHECKS: u32 = 3;
/// How long a client may take to read an event.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// The route of the event stream.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route(LIVE, get(open))
        .with_state(state.clone())
        .layer(from_fn_with_state(state.clone(), context::receive))
        .layer(sessions::without_touch(&state))
}

/// What the page shows now.
#[derive(Deserialize)]
struct LivePageQuery {
    #[serde(default)]
    since: i64,
    rendered_at: Option<i64>,
}

async fn open(
    State(state): State<AppState>,
    Extension(context): Extension<PageContext>,
    Path(organization): Path<String>,
    Query(shown): Query<LivePageQuery>,
) -> Response {
    match watch(&state, &context, &organization, &shown).await {
        Ok(watch) => stream(watch, context.origin),
        Err(error) if matches!(error.code(), Code::Unauthorized | Code::Forbidden) => {
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn watch(
    state: &AppState,
    context: &PageContext,
    organization: &str,
    shown: &LivePageQuery,
) -> Result<Watch> {
    let caller = context
        .caller
        .as_ref()
        .ok_or(Error::Unauthenticated("no session"))?;
    let organization = organization.parse().map_err(|_| Error::Denied)?;
    let rendered_at = shown
        .rendered_at
        .map_or_else(|| state.engine.runtime().now(), Moment);
    let view = View {
        category: EventCategory::Keys,
        since: shown.since,
        rendered_at,
    };
    state
        .engine
        .watch(caller, &organization, context.origin.clone(), view)
        .await
}

fn stream(watch: Watch, origin: Origin) -> Response {
    let (out, stream) = mpsc::channel(4);
    tokio::spawn(async move {
        tokio::select! {
            () = out.closed() => {}
            result = send_events(watch, &out) => if let Err(error) = result {
                let trace_id = origin.trace_field();
                tracing::debug!(request_id = origin.request_id, trace_id, %error, "an event stream was closed");
            }
        }
    });
    let mut response = Response::new(Body::new(EventStream(stream)));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Without this header nginx buffers the events.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

/// Sends events until the user loses access, the client disconnects or the server stops.
async fn send_events(mut watch: Watch, out: &Sender<Bytes>) -> Result<()> {
    let mut dedup = Dedup::default();
    let mut idle = 0;
    let mut text = RETRY.to_owned();
    loop {
        let news = watch.look().await?;
        text.push_str(&dedup.news(news, watch.now()));
        idle = if text.is_empty() { idle + 1 } else { 0 };
        if idle == IDLE_CHECKS {
            idle = 0;
            KEEP_ALIVE.clone_into(&mut text);
        }
        if !text.is_empty() && !send(out, std::mem::take(&mut text)).await {
            return Ok(());
        }
        if !watch.wait_for_change().await {
            send(out, RETRY_LATER.into()).await;
            return Ok(());
        }
    }
}

/// Sends text to the client. Returns false if the client does not read it in time.
async fn send(out: &Sender<Bytes>, text: String) -> bool {
    out.send_timeout(text.into(), SEND_TIMEOUT)
        .await
        .is_ok()
}

/// The body of the response.
struct EventStream(Receiver<Bytes>);

impl HttpBody for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(cx)
            .map(|text| text.map(|text| Ok(Frame::data(text))))
    }
}
