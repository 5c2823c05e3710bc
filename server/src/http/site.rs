//! The static files of the dashboard: CSS, JavaScript, WASM, icons and fonts. They are embedded in
//! the binary or read from the folder `site` next to it.
//!
//! Files that change with every build are served under `/pkg/<digest of all files>/` and may be
//! cached for a year. The others have the same URL after an update, and may be cached for an hour.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest, Sha256};

const EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));
const YEAR: &str = "public, max-age=31536000, immutable";
const HOUR: &str = "public, max-age=3600";
/// The files that pages of every origin may load: the JavaScript module for them.
const SDK: &str = "/sdk/";

/// All files by path. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    files: Arc<HashMap<String, Vec<u8>>>,
    digest: String,
}

impl Site {
    /// The embedded files, or those in the folder `site` next to the binary, or none.
    pub fn find() -> Self {
        if !EMBEDDED.is_empty() {
            return Self::of(
                EMBEDDED
                    .iter()
                    .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())),
            );
        }
        let folder = std::env::current_exe()
            .ok()
            .and_then(|exe| Some(exe.parent()?.join("site")));
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
        let digest = names.iter().fold(Sha256::new(), |digest, name| {
            digest
                .chain_update(name)
                .chain_update(&files[*name])
        });
        let digest = hex::encode(&digest.finalize()[..8]);
        Self {
            files: Arc::new(files),
            digest,
        }
    }

    /// The URL prefix of CSS, JavaScript and WASM: `/pkg/<digest>`.
    pub fn assets(&self) -> String {
        format!("/pkg/{}", self.digest)
    }

    /// Whether there are no files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn answer(
        &self,
        path: &str,
        headers: &HeaderMap,
        cache: &'static str,
    ) -> axum::response::Response {
        let accepted = headers
            .get(ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let accepts = |coding: &str| {
            accepted
                .split(',')
                .any(|one| one.split(';').next().map(str::trim) == Some(coding))
        };
        let compressed = [("br", "br"), ("gzip", "gz")]
            .into_iter()
            .find_map(|(coding, ending)| {
                let bytes = self
                    .files
                    .get(&format!("{path}.{ending}"))
                    .filter(|_| accepts(coding))?;
                Some((Some(coding), bytes))
            });
        let Some((coding, bytes)) = compressed.or_else(|| Some((None, self.files.get(path)?)))
        else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let answer = Response::builder()
            .header(CONTENT_TYPE, kind(path))
            .header(CACHE_CONTROL, cache)
            .header(VARY, "accept-encoding");
        let answer = coding.into_iter().fold(answer, |answer, coding| {
            answer.header(CONTENT_ENCODING, coding)
        });
        answer
            .body(Body::from(bytes.clone()))
            .map_or_else(
                |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                IntoResponse::into_response,
            )
    }
}

/// The routes of the files.
pub fn router(site: Site) -> Router {
    let mut router = Router::new().route("/pkg/{digest}/{*file}", get(package));
    let public_files = site.files.keys().filter(|name| {
        !name.starts_with("/pkg/") && !name.ends_with(".br") && !name.ends_with(".gz")
    });
    for name in public_files {
        router = router.route(name, get(public));
    }
    router.with_state(site)
}

async fn package(
    State(site): State<Site>,
    UrlPath((digest, file)): UrlPath<(String, String)>,
    headers: HeaderMap,
) -> axum::response::Response {
    let cache = if digest == site.digest {
        YEAR
    } else {
        "no-store"
    };
    site.answer(&format!("/pkg/{file}"), &headers, cache)
}

async fn public(
    State(site): State<Site>,
    uri: Uri,
    headers: HeaderMap,
) -> axum::response::Response {
    let mut response = site.answer(uri.path(), &headers, HOUR);
    if uri.path().starts_with(SDK) {
        response.headers_mut().insert(
            ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        );
    }
    response
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        "ts" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let (Ok(name), Ok(bytes)) = (path.strip_prefix(root), std::fs::read(&path)) {
            files.push((format!("/{}", name.display()), bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn pages_of_every_origin_load_the_module_for_them_and_nothing_else() {
        let names = [
            "/sdk/roundtable.js",
            "/sdk/roundtable.d.ts",
            "/icons.svg",
            "/pkg/roundtable.js",
        ];
        let site = Site::of(
            names
                .iter()
                .map(|name| ((*name).to_owned(), b"text".to_vec())),
        );
        let assets = site.assets();
        for (path, kind, cache, origins) in [
            (
                "/sdk/roundtable.js",
                "text/javascript; charset=utf-8",
                HOUR,
                Some("*"),
            ),
            (
                "/sdk/roundtable.d.ts",
                "text/plain; charset=utf-8",
                HOUR,
                Some("*"),
            ),
            ("/icons.svg", "image/svg+xml", HOUR, None),
            (
                &format!("{assets}/roundtable.js"),
                "text/javascript; charset=utf-8",
                YEAR,
                None,
            ),
        ] {
            let request = Request::get(path)
                .body(Body::empty())
                .expect("a request");
            let response = router(site.clone())
                .oneshot(request)
                .await
                .expect("never fails");
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let header = |name| {
                response
                    .headers()
                    .get(name)
                    .map(|value: &HeaderValue| value.to_str().expect("text"))
            };
            assert_eq!(header(CONTENT_TYPE), Some(kind), "{path}");
            assert_eq!(header(CACHE_CONTROL), Some(cache), "{path}");
            assert_eq!(header(ACCESS_CONTROL_ALLOW_ORIGIN), origins, "{path}");
        }
    }
}
