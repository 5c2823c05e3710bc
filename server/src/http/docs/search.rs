//! The search of the documentation: over the sections of all pages, and over the operations of the
//! API reference. It is a form that needs no script.

mod excerpt;
mod index;

use app::pages::docs::search::{Found, MOST_SEARCH, Results, markup};
use app::pages::docs::{Leaf, Link, PATH_OF_SEARCH, leaf};
use app::words::docs_search as words;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use fast_path::sieve::without_secrets;
use serde::Deserialize;

use self::excerpt::excerpt;
use self::index::{Entry, INDEX, fold};
use super::{RequestNonce, groups, look};
use crate::http::AppState;

/// The maximum number of results that are shown.
const MOST_RESULTS: usize = 30;
/// The maximum number of words that are searched for.
const MOST_WORDS: usize = 8;

/// The query of the search.
#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

/// The page with the results. Nobody should paste a key here, but a pasted key is not shown again.
pub async fn page(
    State(state): State<AppState>,
    query: Result<Query<Search>, QueryRejection>,
    nonce: RequestNonce,
    headers: HeaderMap,
) -> Response {
    let text = query.map_or_else(|_| String::new(), |Query(search)| search.q);
    let text: String = without_secrets(text.trim())
        .chars()
        .take(MOST_SEARCH)
        .collect();
    let results = results(text.clone());
    let page = Leaf {
        here: Link {
            to: PATH_OF_SEARCH.into(),
            name: words::SUBMIT.into(),
        },
        groups: groups(),
        search: text,
        sections: Vec::new(),
        class: "prose",
        markup: markup(&results),
        source: None,
    };
    leaf(look(&state, nonce, &headers), page).into_response()
}

fn results(text: String) -> Results {
    let words: Vec<_> = fold(&text)
        .split_whitespace()
        .take(MOST_WORDS)
        .map(str::to_owned)
        .collect();
    let found = find(&words);
    Results {
        found: found.len(),
        shown: found
            .iter()
            .take(MOST_RESULTS)
            .map(|entry| Found {
                place: entry.place.clone(),
                page: entry.page.clone(),
                excerpt: excerpt(&entry.text, &words),
            })
            .collect(),
        pages: groups()
            .into_iter()
            .flat_map(|group| group.pages)
            .collect(),
        text,
    }
}

/// The entries that contain all words, the best first.
fn find(words: &[String]) -> Vec<&'static Entry> {
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<_> = INDEX
        .iter()
        .filter_map(|entry| Some((entry.score(words)?, entry)))
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found
        .into_iter()
        .map(|(_, entry)| entry)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> String {
        let results = results(text.to_owned());
        results
            .shown
            .first()
            .map_or_else(String::new, |found| found.place.to.clone())
    }

    #[test]
    fn the_section_about_the_words_comes_first() {
        for (text, place) in [
            ("regular rotation", "/docs/api-keys#regular-rotation"),
            ("ROTATION regular", "/docs/api-keys#regular-rotation"),
            ("create a key", "/docs/api-keys#create-a-key"),
            ("verify_keys", "/docs/api#verify_keys"),
            (
                "/api/v1/audit-log/export",
                "/docs/api#export_audit_log",
            ),
        ] {
            assert_eq!(first(text), place, "{text}");
        }
        assert_eq!(first("no such words anywhere"), "");
        assert_eq!(first("  "), "");
    }
}
