//! The documentation under `/docs`, for everyone: pages out of `docs/*.md`, their sources and pictures, `llms.txt`, and
//! the API reference. It is part of the binary, and asks neither the database nor who is there.

mod markdown;
mod pages;
mod pictures;
mod reference;

use app::pages::docs::{Leaf, Link, Look, leaf, nothing};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use leptos::nonce::Nonce;
use tower_http::compression::CompressionLayer;

use self::pages::{DocPage, INDEX, SHELF};
use super::layers::{self, RequestId};
use super::{AppState, context};

const HOUR: &str = "public, max-age=3600";

/// The addresses of the documentation.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/docs", get(index))
        .route("/docs/{page}", get(page))
        .layer(from_fn(layers::page_headers))
        .merge(reference::router())
        .route("/docs/", get(|| async { Redirect::permanent("/docs") }))
        .route("/docs/llms.txt", get(llms))
        .route("/docs/tour/{picture}", get(pictures::picture))
        .layer(CompressionLayer::new())
        .with_state(state)
}

type RequestNonce = Option<Extension<Nonce>>;

async fn index(State(state): State<AppState>, nonce: RequestNonce, headers: HeaderMap) -> Response {
    let look = look(&state, nonce, &headers);
    show(look, SHELF.iter().find(|sheet| sheet.name == INDEX), "")
}

/// A page, or with the ending `.md` its source.
async fn page(
    State(state): State<AppState>,
    Path(name): Path<String>,
    nonce: RequestNonce,
    id: Option<Extension<RequestId>>,
    headers: HeaderMap,
) -> Response {
    let find = |name: &str| SHELF.iter().find(|sheet| sheet.name == name);
    if let Some(sheet) = name.strip_suffix(".md").and_then(find) {
        return ([(CONTENT_TYPE, "text/markdown; charset=utf-8"), (CACHE_CONTROL, HOUR)], sheet.source).into_response();
    }
    if name == INDEX {
        return Redirect::permanent("/docs").into_response();
    }
    let id = id.map(|Extension(id)| id.0).unwrap_or_default();
    show(look(&state, nonce, &headers), find(&name), &id)
}

fn show(look: Look, sheet: Option<&DocPage>, request_id: &str) -> Response {
    let Some(sheet) = sheet else { return nothing(look, request_id).into_response() };
    let page = Leaf {
        here: sheet.link(),
        pages: pages(),
        sections: sheet.text.sections.clone(),
        class: "prose",
        markup: sheet.text.markup.clone(),
        source: Some(format!("/docs/{}.md", sheet.name)),
    };
    leaf(look, page).into_response()
}

/// All pages, in the order of the navigation.
fn pages() -> Vec<Link> {
    SHELF.iter().map(DocPage::link).chain([reference::link()]).collect()
}

fn look(state: &AppState, nonce: RequestNonce, headers: &HeaderMap) -> Look {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    Look { theme: context::theme(headers), assets: state.site_config.assets.clone(), nonce }
}

/// An index of all pages for programs that read (KE-01), in the form of llms.txt: addresses of the sources.
async fn llms(State(state): State<AppState>) -> Response {
    let url = &state.site_config.public_url;
    let (index, rest) = SHELF.split_first().map_or(("", SHELF.as_slice()), |(index, rest)| (&*index.text.lede, rest));
    let mut text = format!("# {}\n\n> {index}\n\n## Pages\n\n", app::words::PRODUCT);
    text.push_str(&format!("- [{}]({url}/docs/{INDEX}.md): Where to begin.\n", app::words::docs::TITLE));
    for sheet in rest {
        text.push_str(&format!("- [{}]({url}/docs/{}.md): {}\n", sheet.text.title, sheet.name, sheet.text.lede));
    }
    text.push_str(&format!(
        "\n## API\n\n- [{}]({url}/docs/api): Every operation, to read and to try in a browser.\n\
         - [OpenAPI description]({url}/api/v1/openapi.json): The same for programs.\n",
        reference::link().name
    ));
    ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, HOUR)], text).into_response()
}
