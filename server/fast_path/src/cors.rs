//! Cross-origin requests of browsers to the API, as the Fetch standard defines them (CORS).
//!
//! Pages of the listed origins may call `/api/v1` with a key or a token. A browser sends them no
//! cookies, because no response allows credentials.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use listener::Unservable;

/// The URLs that pages of other origins may call.
const API: &str = "/api/v1/";
/// The only one of them that reads a cookie. Pages of other origins may not call it.
const COOKIE_ROUTE: &str = "/api/v1/token";

/// The methods of the API.
const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE";
/// The request headers that the API reads.
const REQUEST_HEADERS: &str =
    "Authorization, X-API-Key, Content-Type, Idempotency-Key, X-Organization";
/// The response headers that a page may read, besides those that every page may read.
const RESPONSE_HEADERS: &str = "Content-Disposition, Link, Location, Retry-After, \
     WWW-Authenticate, X-Cost, X-Environment, X-Request-Id";
/// How long a browser may keep the answer to a preflight request, in seconds.
const MAX_AGE: &str = "600";

/// The origins whose pages may call the API. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct AllowedOrigins(Arc<[String]>);

impl AllowedOrigins {
    /// Allows these origins, written as browsers send them: `https://host[:port]` in lower case,
    /// without the default port.
    pub fn new(origins: Vec<String>) -> Self {
        Self(origins.into())
    }

    /// What the response to a request says about its origin. None if no origin is allowed, and for
    /// URLs that pages of other origins may not call.
    pub(crate) fn sharing(&self, request: &Request) -> Option<Sharing> {
        let path = request.uri().path();
        if self.0.is_empty() || !path.starts_with(API) || path == COOKIE_ROUTE {
            return None;
        }
        let headers = request.headers();
        let origin = self.allowed(headers).cloned();
        let is_preflight = origin.is_some()
            && request.method() == Method::OPTIONS
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            && request.extensions().get::<Unservable>().is_none();
        Some(Sharing {
            origin,
            is_preflight,
        })
    }

    /// The origin of the page that sent a request, if it is allowed.
    fn allowed<'a>(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let mut values = headers.get_all(ORIGIN).iter();
        let (Some(origin), None) = (values.next(), values.next()) else {
            return None;
        };
        let is_allowed = self
            .0
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes());
        if is_allowed { Some(origin) } else { None }
    }
}

/// What a response says about the origin of its request.
#[derive(Clone, Debug)]
pub(crate) struct Sharing {
    /// The origin, if it is allowed.
    origin: Option<HeaderValue>,
    /// Whether the browser asks if it may send a request.
    pub is_preflight: bool,
}

impl Sharing {
    /// The response with the headers that let a page of the origin read it.
    pub fn of(self, mut response: Response) -> Response {
        self.add_to(response.headers_mut());
        response
    }

    /// The answer to a preflight request, with these headers of every response.
    pub fn preflight(self, headers: HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.headers_mut() = headers;
        let headers = response.headers_mut();
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
            (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        self.add_to(headers);
        response
    }

    /// `Vary` is on every response, so that no cache gives the response to one origin to another.
    fn add_to(self, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = self.origin else {
            return;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(RESPONSE_HEADERS),
        );
    }
}
