//! The menu of the person, with the theme switch.

use engine::people::Person;
use leptos::prelude::*;

use crate::components::avatar::avatar;
use crate::components::{page_field, sign_out};
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::theme::Theme;
use crate::words;

/// The name of a theme.
const fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::System => words::frame::THEMES[0],
        Theme::Light => words::frame::THEMES[1],
        Theme::Dark => words::frame::THEMES[2],
    }
}

/// The theme switch.
pub fn themes(current: Theme, place: &Location) -> AnyView {
    theme_form(current, page_field(place).into_any())
}

/// The theme switch of a page of the documentation with this path and query.
pub fn themes_of_docs(current: Theme, page: String) -> AnyView {
    let home = page_field(&Location::top(Screen::Home));
    theme_form(
        current,
        view! { {home}<input type="hidden" name="docs" value=page/> }.into_any(),
    )
}

fn theme_form(current: Theme, fields: AnyView) -> AnyView {
    let button = |theme: Theme| {
        let (glyph, name) = match theme {
            Theme::System => ("system", words::frame::THEME_BUTTONS[0]),
            Theme::Light => ("sun", words::frame::THEME_BUTTONS[1]),
            Theme::Dark => ("moon", words::frame::THEME_BUTTONS[2]),
        };
        let pressed = if theme == current { "true" } else { "false" };
        view! {
            <button name="theme" value=theme.as_str() aria-pressed=pressed title=theme_name(theme)>
                {icon(glyph)}<span class="visually-hidden">{name}</span>
            </button>
        }
    };
    view! {
        <form method="post" action="/ui/set_theme">
            {fields}
            <div class="theme" role="group" aria-label=words::frame::THEME>{Theme::ALL.into_iter().map(button).collect_view()}</div>
        </form>
    }
    .into_any()
}

/// The account menu. `id` is that of the person, for the color of their avatar.
pub fn account(id: i64, person: &Person, theme: Theme, place: &Location) -> AnyView {
    let name = person.name.clone();
    view! {
        <details class="menu account" name="menu">
            <summary>
                {avatar(id, &name)}
                <span class="visually-hidden">{words::frame::ACCOUNT_MENU_OF}<bdi>{name.clone()}</bdi></span>
            </summary>
            <div class="menu-list">
                <p class="menu-head"><strong><bdi>{name}</bdi></strong>{person.email.clone()}</p>
                <a href=Screen::Account.path()>{icon("person")}{words::account::TITLE}</a>
                <div class="menu-line apart">{words::frame::THEME}{themes(theme, place)}</div>
                {sign_out(place, "apart")}
            </div>
        </details>
    }
    .into_any()
}
