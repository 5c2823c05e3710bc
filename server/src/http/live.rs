//! What moves while a page is open, as server-sent events, for whoever is signed in: `used` for a key that was used,
//! `changed` for a list that is not what the page shows any more.
//!
//! A stream begins and goes on as long as the person may look; being open is no use of their session. Whoever may not is
//! answered 204, which tells a browser to ask no more and is no error to it.

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
use engine::live::{View, Watch};
use engine::{Error, Result};
use hyper::body::Frame;
use serde::Deserialize;
use tokio::sync::mpsc::{self, Receiver, Sender};

use self::dedup::Dedup;
use super::problem::ApiError;
use super::{AppState, context, sessions};

mod dedup;

/// When a browser that lost the stream asks again, in milliseconds.
const AGAIN: &str = "retry: 3000\n\n";
/// The same when the program ends: whoever asks while nobody listens sees an error in their browser.
const AGAIN_LATER: &str = "retry: 20000\n\n";
/// Says nothing, so that nobody on the way takes the stream for dead.
const STILL_HERE: &str = ":\n\n";
/// Looks without news after which that is said; one takes five seconds at the most.
const QUIET: u32 = 3;
/// How long a reader may leave what was sent to it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The door.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route(LIVE, get(open))
        .with_state(state.clone())
        .layer(from_fn_with_state(state.clone(), context::receive))
        .layer(sessions::without_touch(&state))
}

/// What the page that asks shows.
#[derive(Deserialize)]
struct LivePageQuery {
    #[serde(default)]
    since: i64,
    drawn: Option<i64>,
}

async fn open(
    State(state): State<AppState>,
    Extension(context): Extension<PageContext>,
    Path(organization): Path<String>,
    Query(shown): Query<LivePageQuery>,
) -> Response {
    match watch(&state, &context, &organization, &shown).await {
        Ok(watch) => stream(watch, context.origin.request_id),
        Err(error) if matches!(error.code(), Code::Unauthorized | Code::Forbidden) => {
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

async fn watch(state: &AppState, context: &PageContext, organization: &str, shown: &LivePageQuery) -> Result<Watch> {
    let caller = context.caller.as_ref().ok_or(Error::Unauthenticated("nobody is signed in"))?;
    let organization = organization.parse().map_err(|_| Error::Denied)?;
    let drawn = shown.drawn.map_or_else(|| state.engine.runtime().now(), Moment);
    let view = View { category: EventCategory::Keys, since: shown.since, drawn };
    state.engine.watch(caller, &organization, context.origin.clone(), view).await
}

fn stream(watch: Watch, request_id: String) -> Response {
    let (out, stream) = mpsc::channel(4);
    tokio::spawn(async move {
        tokio::select! {
            () = out.closed() => {}
            dedup = to_problem(watch, &out) => if let Err(error) = dedup {
                tracing::debug!(request_id, %error, "a live stream ended");
            }
        }
    });
    let mut response = Response::new(Body::new(EventStream(stream)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that gathers what it passes on would pass it on too late.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// Tells the news until there can be none any more.
async fn to_problem(mut watch: Watch, out: &Sender<Bytes>) -> Result<()> {
    let (mut dedup, mut quiet, mut text) = (Dedup::default(), 0, AGAIN.to_owned());
    loop {
        let news = watch.look().await?;
        text.push_str(&dedup.news(news, watch.now()));
        quiet = if text.is_empty() { quiet + 1 } else { 0 };
        if quiet == QUIET {
            (quiet, text) = (0, STILL_HERE.to_owned());
        }
        if !text.is_empty() && !send(out, std::mem::take(&mut text)).await {
            return Ok(());
        }
        if !watch.wait_for_change().await {
            send(out, AGAIN_LATER.into()).await;
            return Ok(());
        }
    }
}

/// Whether the reader takes it.
async fn send(out: &Sender<Bytes>, text: String) -> bool {
    out.send_timeout(text.into(), PATIENCE).await.is_ok()
}

/// What was told, on its way to the browser.
struct EventStream(Receiver<Bytes>);

impl HttpBody for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|text| text.map(|text| Ok(Frame::data(text))))
    }
}
