//! Links between the pages of a list.

use leptos::prelude::*;

use crate::routes::Location;
use crate::shared_view::icon;
use crate::words;

/// The links of a list with several pages.
pub struct Pages {
    /// The query parameter that says where a page begins.
    pub mark: &'static str,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
    /// The label of the link to the first page.
    pub first: &'static str,
    /// The label of the link to the next page.
    pub more: &'static str,
}

/// The links to the first and the next page, with the filters and the order of this page. `None` if
/// there is only one page.
pub fn pages(place: &Location, pages: &Pages) -> Option<AnyView> {
    let Pages {
        mark,
        next,
        first,
        more,
    } = *pages;
    let top = place.get(mark).map(|_| {
        view! { <a class="button" href=place.with(mark, None).path()>{icon("chevron-left")}{first}</a> }
    });
    let behind = next.map(|n| {
        let behind = place.with(mark, Some(&n.to_string()));
        view! { <a class="button" rel="next" href=behind.path()>{more}{icon("chevron-right")}</a> }
    });
    (top.is_some() || behind.is_some()).then(|| {
        view! { <nav class="actions" aria-label=words::labels::PAGES>{top}{behind}</nav> }
            .into_any()
    })
}

/// The links below a list whose pages begin at `before`.
pub fn pager(
    place: &Location,
    next: Option<i64>,
    first: &'static str,
    more: &'static str,
) -> impl IntoView + use<> {
    let ways = pages(
        place,
        &Pages {
            mark: "before",
            next,
            first,
            more,
        },
    );
    ways.map(|ways| view! { <div class="pager">{ways}</div> })
}
