//! Filters of a list, as menus of links.

use domain::environment::Environment;
use leptos::prelude::*;

use crate::routes::Location;
use crate::shared_view::icon;
use crate::words;

/// A menu of links, each of which sets one parameter of the URL.
pub fn menu(
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

/// The choice of the environment whose data a page shows.
pub fn environment_menu(place: &Location) -> AnyView {
    let choice = |environment: Environment| {
        let value = Location::in_environment(place.screen.clone(), environment)
            .get("environment")
            .map(str::to_owned);
        (value, environment.label().to_owned())
    };
    menu(
        place,
        "environment",
        words::create_key::ENVIRONMENT,
        Environment::ALL.map(choice).into(),
    )
}
