//! The search of a list.

use leptos::prelude::*;

use super::frame::OrganizationPage;
use crate::shared_view::icon;
use crate::words;

/// The field that searches the list of this page. Its form is posted, because a whole key must not
/// appear in a URL.
pub fn search(room: &OrganizationPage, label: &'static str) -> AnyView {
    view! {
        <form class="search" method="post" action="/ui/search" role="search" data-find="">
            {room.fields(None)}
            {icon("search")}
            <input
                class="input" type="search" id="q" name="q" dir="auto" autocomplete="off" spellcheck="false"
                aria-label=label placeholder=label value=room.place.get("q").map(str::to_owned)
            />
            <button class="visually-hidden">{words::SEARCH}</button>
        </form>
    }
    .into_any()
}
