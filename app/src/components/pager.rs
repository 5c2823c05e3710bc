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
            .into_any()
    });
    let behind = next.map(|n| next_link(place, mark, n, more));
    links(top, behind)
}

/// The link to the page that begins at a row.
pub fn next_link(place: &Location, mark: &str, row: i64, text: &'static str) -> AnyView {
    let next = place.with(mark, Some(&row.to_string()));
    view! { <a class="button" rel="next" href=next.path()>{text}{icon("chevron-right")}</a> }
        .into_any()
}

/// The links to the pages before and after this one. `None` if there are none.
pub fn links(back: Option<AnyView>, next: Option<AnyView>) -> Option<AnyView> {
    (back.is_some() || next.is_some()).then(|| {
        view! { <nav class="actions" aria-label=words::labels::PAGES>{back}{next}</nav> }.into_any()
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
