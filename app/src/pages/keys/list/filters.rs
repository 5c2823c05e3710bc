//! The search and the filters, which are links.

use domain::command::StatusFilter;
use domain::environment::Environment;
use leptos::prelude::*;

use super::List;
use crate::components::filter_menu::menu;
use crate::components::filter_sheet::filter_sheet;
use crate::components::search::search;
use crate::routes::{EVERY_STATE, Location};
use crate::words;

/// What the menus set.
const SET: [&str; 5] = ["environment", "status", "api", "creator", "owner"];

/// The search and the filters, above the table.
pub fn filters(list: &List) -> AnyView {
    let creators = (list.creators.len() > 1).then(|| creator(list));
    let apis = (!list.apis.is_empty()).then(|| api(list));
    let set = SET
        .into_iter()
        .filter(|name| list.place().get(name).is_some());
    let menus = view! {
        <div class="narrow" id="narrow">
            {environment(list)}
            {status(list)}
            {apis}
            {creators}
            <div class="sort">{sort(list)}</div>
            {owner(list)}
            {clear(list)}
            {inactive(list)}
        </div>
    };
    view! {
        <div class="filters">
            {search(&list.room, words::keys::SEARCH_LABEL)}
            {filter_sheet(set.count(), menus)}
        </div>
    }
    .into_any()
}

fn environment(list: &List) -> AnyView {
    let choices =
        Environment::ALL.map(|one| (Some(one.as_str().to_owned()), one.label().to_owned()));
    let any = (None, words::keys::ALL.to_owned());
    menu(
        list.place(),
        "environment",
        words::create_key::ENVIRONMENT,
        std::iter::once(any).chain(choices).collect(),
    )
}

fn status(list: &List) -> AnyView {
    let active = (
        None,
        words::keys::state(StatusFilter::Active.as_str()).to_owned(),
    );
    let others = StatusFilter::ALL
        .into_iter()
        .filter(|state| *state != StatusFilter::Active)
        .map(StatusFilter::as_str);
    let others = std::iter::once(EVERY_STATE)
        .chain(others)
        .map(|word| {
            (
                Some(word.to_owned()),
                words::keys::state(word).to_owned(),
            )
        });
    menu(
        list.place(),
        "status",
        words::labels::STATUS,
        std::iter::once(active).chain(others).collect(),
    )
}

/// The order, for narrow screens, which do not show the column headings.
fn sort(list: &List) -> AnyView {
    let choices = words::keys::SORTS.map(|(sort, text)| {
        (
            sort.map(|sort| sort.as_str().to_owned()),
            text.to_owned(),
        )
    });
    menu(
        &list.place().with("dir", None),
        "sort",
        words::keys::SORT,
        choices.into(),
    )
}

fn creator(list: &List) -> AnyView {
    let any = (None, words::keys::ALL.to_owned());
    let people = list
        .creators
        .iter()
        .map(|(id, name)| (Some(id.to_string()), name.clone()));
    menu(
        list.place(),
        "creator",
        words::labels::CREATED_BY,
        std::iter::once(any).chain(people).collect(),
    )
}

fn api(list: &List) -> AnyView {
    let any = (None, words::keys::ALL.to_owned());
    let apis = list
        .apis
        .iter()
        .map(|api| (Some(api.api_id.to_string()), api.name.clone()));
    menu(
        list.place(),
        "api",
        words::labels::API,
        std::iter::once(any).chain(apis).collect(),
    )
}

/// The owner of the keys, if the URL filters by owner.
fn owner(list: &List) -> Option<AnyView> {
    list.query.owner?;
    let name = list.rows.rows.first()?.key.actor_name.clone();
    Some(
        view! { <span class="badge plain">{words::keys::OWNED_BY}<bdi>{name}</bdi></span> }
            .into_any(),
    )
}

fn clear(list: &List) -> Option<AnyView> {
    let top = Location::top(list.place().screen.clone());
    list.is_filtered().then(|| {
        view! { <a class="link-button" href=top.path()>{words::keys::CLEAR_FILTERS}</a> }.into_any()
    })
}

/// The link that shows or hides inactive keys. An empty list has a link of its own.
fn inactive(list: &List) -> Option<AnyView> {
    let empty = list.rows.rows.is_empty();
    let (status, text) = match list.place().get("status") {
        None if list.inactive > 0 && !empty => (
            Some(EVERY_STATE),
            words::keys::show_inactive(list.inactive),
        ),
        Some(EVERY_STATE) => (None, words::keys::HIDE_INACTIVE.to_owned()),
        _ => return None,
    };
    let path = list.place().with("status", status).path();
    Some(view! { <a class="link-button push" href=path>{text}</a> }.into_any())
}
