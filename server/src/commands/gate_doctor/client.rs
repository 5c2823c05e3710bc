//! The HTTP client of the probes. It follows no redirects and uses no other proxy.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use engine::Runtime;
use reqwest::redirect::Policy;
use url::Url;

use crate::commands::innermost_cause;

/// The header that marks the request of a probe.
pub(super) const MARK: HeaderName = HeaderName::from_static("x-gate-doctor");
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// How long to read the body of an answer, so that its connection can be used again.
const DRAIN: Duration = Duration::from_secs(2);

domain::closed_set! {
    /// The header that carries the key.
    pub(super) enum KeyHeader(
        /// Its name.
        label: &'static str,
    ) {
        /// `Authorization: Bearer`.
        Authorization = "authorization" ("Authorization"),
        /// `X-API-Key`.
        XApiKey = "x-api-key" ("X-API-Key"),
    }
}

impl KeyHeader {
    /// The header with a key.
    pub fn with(self, key: &str) -> (HeaderName, String) {
        match self {
            Self::Authorization => (AUTHORIZATION, format!("Bearer {key}")),
            Self::XApiKey => (X_API_KEY, key.to_owned()),
        }
    }
}

/// A request of a probe.
#[derive(Clone, Default)]
pub(super) struct Ask {
    /// The method.
    pub method: Method,
    /// The headers in addition to the mark.
    pub headers: Vec<(HeaderName, String)>,
    /// Parameters in addition to those of the URL.
    pub query: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// An answer.
    Answer(StatusCode, HeaderMap),
    /// No answer in time.
    Timeout,
    /// No connection, with the reason.
    NoConnection(String),
    /// The connection ended before the answer, with the reason.
    Broken(String),
}

/// Sends requests to the proxy.
pub(super) struct Client {
    url: Url,
    /// The header that carries the key.
    pub header: KeyHeader,
    timeout: Duration,
    run: String,
    turn: AtomicU32,
    /// Opens a connection for each request.
    single: reqwest::Client,
    /// Keeps one connection.
    kept: reqwest::Client,
}

impl Client {
    /// A client for this URL. `runtime` gives the random part of the marks.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(
        url: Url,
        header: KeyHeader,
        timeout: Duration,
        runtime: &Runtime,
    ) -> Result<Self, reqwest::Error> {
        let client = |idle_connections| {
            reqwest::Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .timeout(timeout)
                .user_agent("roundtable-gate-doctor")
                .pool_max_idle_per_host(idle_connections)
                .build()
        };
        Ok(Self {
            url,
            header,
            timeout,
            run: runtime.random_id("doctor_"),
            turn: AtomicU32::new(0),
            single: client(0)?,
            kept: client(1)?,
        })
    }

    /// The URL without its query, which may contain secrets.
    pub fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }

    /// How long an answer may take.
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A new mark.
    pub fn mark(&self) -> String {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        format!("{}_{turn}", self.run)
    }

    /// Sends a request on a connection of its own. Its URL is unique, so that it does not get an
    /// answer that the proxy has kept for another request.
    pub async fn send(&self, mark: &str, ask: Ask) -> Reply {
        send(&self.single, &self.located(&ask, mark), mark, ask).await
    }

    /// Sends requests with these keys one after the other on one connection, to one URL.
    pub async fn send_in_a_row(&self, marks: &[String], keys: &[&str]) -> Vec<Reply> {
        let mut replies = Vec::new();
        for (mark, key) in marks.iter().zip(keys) {
            let ask = Ask {
                headers: vec![self.header.with(key)],
                ..Ask::default()
            };
            let url = self.located(&ask, &marks[0]);
            replies.push(send(&self.kept, &url, mark, ask).await);
        }
        replies
    }

    fn located(&self, ask: &Ask, mark: &str) -> Url {
        let mut url = self.url.clone();
        let mut query = url.query_pairs_mut();
        query.append_pair("gate_doctor", mark);
        for (name, value) in &ask.query {
            query.append_pair(name, value);
        }
        drop(query);
        url
    }
}

async fn send(client: &reqwest::Client, url: &Url, mark: &str, ask: Ask) -> Reply {
    let mut request = client
        .request(ask.method, url.clone())
        .header(MARK, mark);
    for (name, value) in ask.headers {
        let mut value = match HeaderValue::try_from(value) {
            Ok(value) => value,
            Err(error) => return Reply::Broken(error.to_string()),
        };
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    if let Some(body) = ask.body {
        request = request.body(body);
    }
    match request.send().await {
        Ok(mut answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            let drained = async { while let Ok(Some(_)) = answer.chunk().await {} };
            // The status is known already.
            let _ = tokio::time::timeout(DRAIN, drained).await;
            Reply::Answer(status, headers)
        }
        Err(error) if error.is_connect() => Reply::NoConnection(innermost_cause(error)),
        Err(error) if error.is_timeout() => Reply::Timeout,
        Err(error) => Reply::Broken(innermost_cause(error)),
    }
}
