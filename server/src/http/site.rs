//! The built site: style, script, WASM, icons and fonts, out of the binary or a folder `site` beside it.
//!
//! What changes with every build lies under `/pkg/<digest of all>/` and may be kept for a year.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest, Sha256};

const EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));
const YEAR: &str = "public, max-age=31536000, immutable";
const HOUR: &str = "public, max-age=3600";

/// Every file of the site, by path. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    files: Arc<HashMap<String, Vec<u8>>>,
    digest: String,
}

impl Site {
    /// The site inside the binary; without one, the folder `site` beside the binary; else nothing.
    pub fn find() -> Self {
        if !EMBEDDED.is_empty() {
            return Self::of(EMBEDDED.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())));
        }
        let folder = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("site")));
        let mut files = Vec::new();
        if let Some(folder) = folder {
            collect(&folder, &folder, &mut files);
        }
        Self::of(files.into_iter())
    }

    fn of(files: impl Iterator<Item = (String, Vec<u8>)>) -> Self {
        let files: HashMap<_, _> = files.collect();
        let mut names: Vec<_> = files.keys().collect();
        names.sort();
        let digest =
            names.iter().fold(Sha256::new(), |digest, name| digest.chain_update(name).chain_update(&files[*name]));
        let digest = hex::encode(&digest.finalize()[..8]);
        Self { files: Arc::new(files), digest }
    }

    /// Where style, script and WASM lie: `/pkg/<digest>`.
    pub fn assets(&self) -> String {
        format!("/pkg/{}", self.digest)
    }

    /// Whether there is a site at all.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn answer(&self, path: &str, headers: &HeaderMap, cache: &'static str) -> axum::response::Response {
        let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let accepts =
            |coding: &str| accepted.split(',').any(|one| one.split(';').next().map(str::trim) == Some(coding));
        let packed = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(coding, ending)| {
            let bytes = self.files.get(&format!("{path}.{ending}")).filter(|_| accepts(coding))?;
            Some((Some(coding), bytes))
        });
        let Some((coding, bytes)) = packed.or_else(|| Some((None, self.files.get(path)?))) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let answer = Response::builder()
            .header(CONTENT_TYPE, kind(path))
            .header(CACHE_CONTROL, cache)
            .header(VARY, "accept-encoding");
        let answer = coding.into_iter().fold(answer, |answer, coding| answer.header(CONTENT_ENCODING, coding));
        answer
            .body(Body::from(bytes.clone()))
            .map_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response(), IntoResponse::into_response)
    }
}

/// The addresses of the site.
pub fn router(site: Site) -> Router {
    let mut router = Router::new().route("/pkg/{digest}/{*file}", get(package));
    let loose =
        site.files.keys().filter(|name| !name.starts_with("/pkg/") && !name.ends_with(".br") && !name.ends_with(".gz"));
    for name in loose {
        router = router.route(name, get(public));
    }
    router.with_state(site)
}

async fn package(
    State(site): State<Site>,
    UrlPath((digest, file)): UrlPath<(String, String)>,
    headers: HeaderMap,
) -> axum::response::Response {
    let cache = if digest == site.digest { YEAR } else { "no-store" };
    site.answer(&format!("/pkg/{file}"), &headers, cache)
}

async fn public(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> axum::response::Response {
    site.answer(uri.path(), &headers, HOUR)
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let (Ok(name), Ok(bytes)) = (path.strip_prefix(root), std::fs::read(&path)) {
            files.push((format!("/{}", name.display()), bytes));
        }
    }
}
