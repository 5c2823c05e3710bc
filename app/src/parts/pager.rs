//! The way through a list that has several pages.

use leptos::prelude::*;

use crate::bits::icon;
use crate::routes::Place;

/// To the top of the list, and to the rows behind this page; nothing when this page is all.
pub fn pager(place: &Place, next: Option<i64>, first: &'static str, more: &'static str) -> impl IntoView + use<> {
    let top = place.before.map(|_| {
        view! { <a class="button" href=place.screen.path()>{icon("chevron-left")}{first}</a> }
    });
    let behind = next.map(|n| {
        let behind = Place { screen: place.screen.clone(), before: Some(n) };
        view! { <a class="button" rel="next" href=behind.path()>{more}{icon("chevron-right")}</a> }
    });
    (top.is_some() || behind.is_some())
        .then(|| view! { <nav class="pager" aria-label="Pages"><div class="actions">{top}{behind}</div></nav> })
}
