//! The way through a list that has several pages.

use leptos::prelude::*;

use crate::bits::icon;
use crate::routes::Place;

/// To the top of the list, and to the rows behind this page; nothing when this page is all.
pub fn pager(place: &Place, next: Option<i64>, first: &'static str, more: &'static str) -> impl IntoView + use<> {
    pager_by("before", place, next, first, more)
}

/// As [`pager`], for a list whose pages go by a name of their own in the address.
pub fn pager_by(
    name: &'static str,
    place: &Place,
    next: Option<i64>,
    first: &'static str,
    more: &'static str,
) -> impl IntoView + use<> {
    let top = place.get(name).map(|_| {
        view! { <a class="button" href=place.screen.path()>{icon("chevron-left")}{first}</a> }
    });
    let behind = next.map(|n| {
        let behind = place.with(name, Some(&n.to_string()));
        view! { <a class="button" rel="next" href=behind.path()>{more}{icon("chevron-right")}</a> }
    });
    (top.is_some() || behind.is_some())
        .then(|| view! { <nav class="pager" aria-label="Pages"><div class="actions">{top}{behind}</div></nav> })
}
