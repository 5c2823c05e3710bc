//! Successful responses.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use domain::Environment;
use engine::keys::GatePass;
use serde::Serialize;

use crate::gate::{self, GateQuery};
use crate::security_headers;

const X_COST: HeaderName = HeaderName::from_static("x-cost");
const X_ENVIRONMENT: HeaderName = HeaderName::from_static("x-environment");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer than most bodies, in bytes.
const BODY: usize = 512;

/// Writes responses.
pub(crate) struct Responses {
    /// The headers of every response. Those that differ have a place, so that a copy does not grow.
    headers: HeaderMap,
    /// The headers of every response without a body.
    empty: HeaderMap,
}

impl Responses {
    /// Prepares the headers.
    pub fn new(is_https: bool) -> Self {
        let mut headers = HeaderMap::new();
        security_headers::add(&mut headers, is_https);
        let empty = headers.clone();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(X_COST, HeaderValue::from_static("0"));
        for name in [X_ENVIRONMENT, X_REQUEST_ID] {
            headers.insert(name, HeaderValue::from_static(""));
        }
        Self { headers, empty }
    }

    /// The headers of a response without a body.
    pub fn headers(&self, request_id: &str) -> HeaderMap {
        let mut headers = self.empty.clone();
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(X_REQUEST_ID, id);
        }
        headers
    }

    /// The empty response that lets a request at the gate pass. None if it cannot be written.
    pub fn pass(&self, query: &GateQuery, pass: &GatePass, request_id: &str) -> Option<Response> {
        let mut response = Response::new(Body::empty());
        let mut headers = self.empty.clone();
        headers.insert(X_REQUEST_ID, HeaderValue::from_str(request_id).ok()?);
        gate::add_headers(&mut headers, query, pass);
        *response.headers_mut() = headers;
        Some(response)
    }

    /// A response with a JSON body. None if it cannot be written.
    pub fn json(
        &self,
        body: &impl Serialize,
        environment: Environment,
        request_id: &str,
    ) -> Option<Response> {
        let mut text = Vec::with_capacity(BODY);
        serde_json::to_writer(&mut text, body).ok()?;
        let id = HeaderValue::from_str(request_id).ok()?;
        let mut response = Response::new(Body::from(text));
        let mut headers = self.headers.clone();
        headers.insert(
            X_ENVIRONMENT,
            HeaderValue::from_static(environment.as_str()),
        );
        headers.insert(X_REQUEST_ID, id);
        *response.headers_mut() = headers;
        Some(response)
    }
}
