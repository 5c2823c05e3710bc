//! The API reference, rendered from the OpenAPI description that is generated from the handlers.

mod fields;
mod literal;
mod operations;
mod samples;

use std::sync::LazyLock;

use app::pages::docs::reference::Reference;
use app::pages::docs::{Leaf, Link, leaf, reference};
use app::words::api_reference as words;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::{Rendered, RequestNonce, groups, look};
use crate::http::{AppState, api};

/// The OpenAPI description.
static DESCRIPTION: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(api::description()).unwrap_or_default());

/// Its URL and title.
pub fn link() -> Link {
    Link {
        to: "/docs/api".into(),
        name: words::TITLE.into(),
    }
}

/// What the reference of an installation with this public URL shows.
pub fn read(url: &str) -> Reference {
    operations::reference(&DESCRIPTION, url)
}

/// The page. Its article is rendered once, because it is the same for everyone.
pub async fn page(
    State(state): State<AppState>,
    rendered: Rendered,
    nonce: RequestNonce,
    headers: HeaderMap,
) -> Response {
    let url = &state.site_config.public_url;
    let markup = rendered
        .0
        .get_or_init(|| reference::markup(&read(url)))
        .clone();
    let page = Leaf {
        here: link(),
        groups: groups(),
        search: String::new(),
        sections: Vec::new(),
        class: "prose reference",
        markup,
        source: None,
    };
    leaf(look(&state, nonce, &headers), page).into_response()
}
