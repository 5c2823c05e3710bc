//! The pictures of the documentation, out of `docs/tour`. A new one is a file there and nothing else.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::HOUR;

const ALL: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/pictures.rs"));
/// Where pages find them, seen from `/docs`: the same as seen from `docs/`.
const FOLDER: &str = "tour/";

/// A picture.
pub async fn picture(Path(name): Path<String>) -> Response {
    match find(&name) {
        Some(bytes) => ([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, HOUR)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Width and height in pixels of a picture that a page shows, if it is one of ours. Known to the browser beforehand,
/// they keep the text from moving when the picture comes.
pub fn size(target: &str) -> Option<(u32, u32)> {
    let bytes = find(target.strip_prefix(FOLDER)?)?;
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

fn find(name: &str) -> Option<&'static [u8]> {
    ALL.iter().find(|(found, _)| *found == name).map(|(_, bytes)| *bytes)
}
