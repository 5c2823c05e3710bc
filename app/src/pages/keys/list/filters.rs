//! The search and the filters. The search is a posted form, because a whole key must not appear in
//! a URL. The filters are links.

use domain::command::StatusFilter;
use domain::environment::Environment;
use leptos::prelude::*;

use super::List;
use crate::routes::{EVERY_STATE, Location};
use crate::shared_view::icon;
use crate::words;

/// The search and the filters, above the table.
pub fn filters(list: &List) -> AnyView {
    let creators = (list.creators.len() > 1).then(|| creator(list));
    view! {
        <div class="filters">
            {search(list)}
            {environment(list)}
            {status(list)}
            {creators}
            <div class="sort">{sort(list)}</div>
            {owner(list)}
            {clear(list)}
            {inactive(list)}
        </div>
    }
    .into_any()
}

fn search(list: &List) -> AnyView {
    view! {
        <form class="search" method="post" action="/ui/find_keys" role="search" data-find="">
            {list.room.fields(None)}
            {icon("search")}
            <input
                class="input" type="search" id="q" name="q" dir="auto" autocomplete="off" spellcheck="false"
                aria-label=words::keys::SEARCH_LABEL placeholder=words::keys::SEARCH_LABEL value=list.place().get("q").map(str::to_owned)
            />
            <button class="visually-hidden">{words::keys::SEARCH}</button>
        </form>
    }
    .into_any()
}

/// A menu of links, each of which sets one parameter of the URL.
fn menu(
    place: &Location,
    name: &'static str,
    label: &'static str,
    choices: Vec<(Option<String>, String)>,
) -> AnyView {
    let now = place.get(name).map(str::to_owned);
    let shown = choices
        .iter()
        .find(|(value, _)| *value == now)
        .map(|(_, text)| text.clone());
    let entry = |(value, text): (Option<String>, String)| {
        let here = value == now;
        let path = place.with(name, value.as_deref()).path();
        view! { <li><a href=path aria-current=here.then_some("true")>{icon(if here { "check" } else { "blank" })}<bdi>{text}</bdi></a></li> }
    };
    view! {
        <details class="menu filter" name="menu">
            <summary class="button">
                <span class="muted">{label}</span><span class="chosen"><bdi>{shown}</bdi></span>{icon("chevron")}
            </summary>
            <ul class="menu-list">{choices.into_iter().map(entry).collect_view()}</ul>
        </details>
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
