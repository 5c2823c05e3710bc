//! The way through a list that has several pages.

use leptos::prelude::*;

use crate::routes::Location;
use crate::shared_view::icon;
use crate::words;

/// Where the next page begins, and what the ways are called.
pub struct Pages {
    /// The name under which an address says where a page begins.
    pub mark: &'static str,
    /// Where the next one does.
    pub next: Option<i64>,
    /// To the top of the list.
    pub first: &'static str,
    /// To the rows behind this page.
    pub more: &'static str,
}

/// To the top of the list and to the rows behind this page, with the filters and the order of this page; nothing when
/// this page is all.
pub fn pages(place: &Location, pages: &Pages) -> Option<AnyView> {
    let Pages { mark, next, first, more } = *pages;
    let top = place.get(mark).map(|_| {
        view! { <a class="button" href=place.with(mark, None).path()>{icon("chevron-left")}{first}</a> }
    });
    let behind = next.map(|n| {
        let behind = place.with(mark, Some(&n.to_string()));
        view! { <a class="button" rel="next" href=behind.path()>{more}{icon("chevron-right")}</a> }
    });
    (top.is_some() || behind.is_some())
        .then(|| view! { <nav class="actions" aria-label=words::labels::PAGES>{top}{behind}</nav> }.into_any())
}

/// The same beneath a list that says `before` where its pages begin.
pub fn pager(place: &Location, next: Option<i64>, first: &'static str, more: &'static str) -> impl IntoView + use<> {
    let ways = pages(place, &Pages { mark: "before", next, first, more });
    ways.map(|ways| view! { <div class="pager">{ways}</div> })
}
