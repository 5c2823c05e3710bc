//! The public documentation under `/docs`: the pages in `docs/*.md`, their sources and images,
//! `llms.txt`, the API reference and the search. It is embedded in the binary and needs neither the
//! database nor a session.

mod markdown;
mod pages;
mod pictures;
mod reference;
mod search;

use std::sync::{Arc, OnceLock};

use app::pages::docs::{self, Leaf, Look, NavGroup, leaf, nothing};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use leptos::nonce::Nonce;
use tower_http::compression::CompressionLayer;

use self::pages::{DocPage, PAGES};
use super::layers::{self, RequestId};
use super::{AppState, context};

const HOUR: &str = "public, max-age=3600";
/// The name of the page that lists the others.
const INDEX: &str = "index";

/// The URL of a page.
fn page_url(name: &str) -> String {
    if name == INDEX {
        "/docs".into()
    } else {
        format!("/docs/{name}")
    }
}

/// The routes of the documentation.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/docs", get(index))
        .route("/docs/{page}", get(page))
        .route("/docs/api", get(reference::page))
        .layer(Extension(Arc::<OnceLock<String>>::default()))
        .route(docs::PATH_OF_SEARCH, get(search::page))
        .layer(from_fn(layers::page_headers))
        .route(
            "/docs/",
            get(|| async { Redirect::permanent("/docs") }),
        )
        .route(docs::INDEX, get(llms))
        .route("/docs/tour/{picture}", get(pictures::picture))
        .layer(CompressionLayer::new())
        .with_state(state)
}

type RequestNonce = Option<Extension<Nonce>>;
/// The rendered API reference.
type Rendered = Extension<Arc<OnceLock<String>>>;

async fn index(State(state): State<AppState>, nonce: RequestNonce, headers: HeaderMap) -> Response {
    let look = look(&state, nonce, &headers);
    show(look, pages::find(INDEX), "")
}

/// A page, or its source if the URL ends with `.md`.
async fn page(
    State(state): State<AppState>,
    Path(name): Path<String>,
    nonce: RequestNonce,
    id: Option<Extension<RequestId>>,
    headers: HeaderMap,
) -> Response {
    if let Some(page) = name.strip_suffix(".md").and_then(pages::find) {
        return (
            [
                (CONTENT_TYPE, "text/markdown; charset=utf-8"),
                (CACHE_CONTROL, HOUR),
            ],
            with_pointer(&state, page.source),
        )
            .into_response();
    }
    if name == INDEX {
        return Redirect::permanent("/docs").into_response();
    }
    let id = id.map(|Extension(id)| id.0).unwrap_or_default();
    show(look(&state, nonce, &headers), pages::find(&name), &id)
}

/// The source with a pointer to the index, for readers that have only this page.
fn with_pointer(state: &AppState, source: &str) -> String {
    let url = &state.site_config.public_url;
    format!(
        "> The index of all pages is at {url}{}\n\n{source}",
        docs::INDEX
    )
}

fn show(look: Look, page: Option<&DocPage>, request_id: &str) -> Response {
    let Some(page) = page else {
        return nothing(look, request_id).into_response();
    };
    let leaf_page = Leaf {
        here: page.link(),
        groups: groups(),
        search: String::new(),
        sections: page.text.sections.clone(),
        class: "prose",
        markup: page.text.markup.clone(),
        source: Some(format!("/docs/{}.md", page.name)),
    };
    leaf(look, leaf_page).into_response()
}

/// All pages but the index, as in the navigation. The API reference is the first of the last group.
fn groups() -> Vec<NavGroup> {
    let mut groups: Vec<_> = app::words::docs::GROUPS
        .into_iter()
        .zip(pages::grouped())
        .map(|(name, pages)| NavGroup {
            name,
            pages: pages.into_iter().map(DocPage::link).collect(),
        })
        .collect();
    if let Some(last) = groups.last_mut() {
        last.pages.insert(0, reference::link());
    }
    groups
}

fn look(state: &AppState, nonce: RequestNonce, headers: &HeaderMap) -> Look {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    Look {
        theme: context::theme(headers),
        assets: state.site_config.assets.clone(),
        nonce,
    }
}

/// An index of all pages for language models, in the format of llms.txt, with the URLs of the
/// Markdown sources.
async fn llms(State(state): State<AppState>) -> Response {
    let url = &state.site_config.public_url;
    let lede = PAGES
        .first()
        .map_or("", |index| index.text.lede.as_str());
    let mut text = format!(
        "# {}\n\n> {lede}\n\n- [{}]({url}/docs/{INDEX}.md): Where to begin.\n",
        app::words::PRODUCT,
        app::words::docs::TITLE
    );
    for (name, pages) in app::words::docs::GROUPS
        .into_iter()
        .zip(pages::grouped())
    {
        text.push_str(&format!("\n## {name}\n\n"));
        for page in pages {
            text.push_str(&format!(
                "- [{}]({url}/docs/{}.md): {}\n",
                page.text.title, page.name, page.text.lede
            ));
        }
    }
    text.push_str(&format!(
        "\n## API\n\n- [{}]({url}/docs/api): Every operation, with its fields, errors and samples.\n\
         - [OpenAPI description]({url}/api/v1/openapi.json): The same for programs.\n",
        reference::link().name
    ));
    (
        [
            (CONTENT_TYPE, "text/plain; charset=utf-8"),
            (CACHE_CONTROL, HOUR),
        ],
        text,
    )
        .into_response()
}
