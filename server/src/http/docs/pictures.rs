//! The images of the documentation in `docs/tour`. To add an image, add a file there.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::HOUR;

const ALL: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/pictures.rs"));
/// Their path relative to `/docs`, which is also their path relative to `docs/`.
const FOLDER: &str = "tour/";

/// Serves an image.
pub async fn picture(Path(name): Path<String>) -> Response {
    match find(&name) {
        Some(bytes) => (
            [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, HOUR)],
            bytes,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The width and height in pixels of an image of the documentation. With them, the text does not
/// move when the browser has loaded the image.
pub fn size(target: &str) -> Option<(u32, u32)> {
    let bytes = find(target.strip_prefix(FOLDER)?)?;
    let number = |at: usize| {
        Some(u32::from_be_bytes(
            bytes.get(at..at + 4)?.try_into().ok()?,
        ))
    };
    Some((number(16)?, number(20)?))
}

fn find(name: &str) -> Option<&'static [u8]> {
    ALL.iter()
        .find(|(found, _)| *found == name)
        .map(|(_, bytes)| *bytes)
}
