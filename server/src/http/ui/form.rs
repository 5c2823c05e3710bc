//! What the handlers of forms share: the fields of a form, and what the client accepts.

use app::routes::Location;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};

/// The maximum size of a form.
pub const FORM_LIMIT: usize = 64 * 1024;
/// The content type of the responses to islands.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The pairs of a query or a form.
pub fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded)
        .into_owned()
        .collect()
}

/// The first value of a field.
pub fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

/// The page of a form, according to its field `page`.
pub fn page_of(typed: &[(String, String)]) -> Option<Location> {
    find(typed, "page").and_then(Location::parse)
}

/// Whether the client accepts a page. Browsers send `text/html` in `Accept` for pages and forms;
/// islands accept JSON.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
