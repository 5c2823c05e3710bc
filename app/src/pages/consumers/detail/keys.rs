//! The keys of a consumer, and the links to create one.

use domain::view::ApiView;
use leptos::either::Either;
use leptos::prelude::*;

use super::ConsumerPageData;
use crate::components::key_row::{KeyPerson, KeyRows};
use crate::components::key_table::key_table;
use crate::components::pager::pager;
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::words;

/// The keys, with what can be done next above them.
pub fn keys(shown: &ConsumerPageData) -> AnyView {
    let room = &shown.room;
    let is_empty = shown.keys.rows.is_empty() && room.place.before().is_none();
    let rows = KeyRows::on(
        room,
        KeyPerson::Nobody,
        !shown.consumer.is_paused,
        &shown.keys.rows,
    );
    let content = match is_empty {
        true => Either::Left(view! { <p class="muted">{words::consumers::NO_KEYS}</p> }),
        false => Either::Right(view! {
            {key_table(&rows, &shown.keys.rows, words::consumers::keys_caption(&shown.consumer.name))}
            {pager(&room.place, shown.keys.next, words::keys::FIRST_KEYS, words::keys::MORE_KEYS)}
        }),
    };
    view! { <div class="page-head"><h2>{words::consumers::KEYS}</h2>{next(shown)}</div>{content} }
        .into_any()
}

/// A link to the form for each API, or why there is none.
fn next(shown: &ConsumerPageData) -> AnyView {
    if shown.consumer.is_paused {
        return view! { <p class="muted">{words::consumers::RESUME_FIRST}</p> }.into_any();
    }
    let link = |api: &ApiView, label: AnyView, class: &'static str| {
        let form = Screen::NewApiKey(shown.room.organization(), api.slug.clone());
        let owner = shown.consumer.actor_id.to_string();
        let path = Location::top(form)
            .with("for", Some(&owner))
            .path();
        view! { <a class=class href=path data-dialog="">{label}</a> }
    };
    match shown.apis.as_slice() {
        [] => view! { <p class="muted">{words::consumers::NO_APIS}</p> }.into_any(),
        [only] => {
            let label = view! { {icon("plus")}{words::consumers::CREATE_KEY} }.into_any();
            view! { <div class="actions">{link(only, label, "button primary")}</div> }.into_any()
        }
        several => {
            let links = several.iter().map(|api| {
                let name = api.name.clone();
                link(api, view! { <bdi>{name}</bdi> }.into_any(), "button")
            });
            view! {
                <div class="actions">
                    <span class="muted">{words::consumers::CREATE_KEY_FOR}</span>
                    {links.collect_view()}
                </div>
            }
            .into_any()
        }
    }
}
