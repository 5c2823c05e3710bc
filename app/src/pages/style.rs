//! The style page of a development installation: every component in every state, to check themes
//! and widths on one page. Check a component that you change here first.

use domain::{Code, Moment, Problem};
use leptos::prelude::*;

use self::components::{badges, buttons, fields, lists, menus, notices, sheets};
use super::Page;
use crate::components::frame::account::themes;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::words;

mod components;

/// The colors of `style/tokens.css`. Each has a class in `style/swatches.css`.
const COLORS: [&str; 16] = [
    "page",
    "sunken",
    "raised",
    "hover",
    "line",
    "edge",
    "muted",
    "text",
    "accent",
    "accent-fill",
    "danger",
    "danger-fill",
    "warning",
    "success",
    "accent-soft",
    "danger-soft",
];
/// The font sizes of `style/tokens.css`, by their classes.
const TYPE: [(&str, &str); 6] = [
    ("type-page-title", "Page title, 22 px"),
    ("type-title", "Title, 18 px"),
    ("type-lead", "Lead, 16 px"),
    ("type-body", "Body, 14 px"),
    ("type-note", "Note, 13 px"),
    ("type-label", "Label, 12 px"),
];
/// The spacing of `style/tokens.css`.
const SPACE: [&str; 8] = ["2", "4", "6", "8", "12", "16", "24", "32"];

/// The page. Only a development installation has it.
pub fn load(request: &PageRequest) -> Result<Page, Problem> {
    if !request.context.site_config.development {
        return Err(request.context.problem(Code::NotFound));
    }
    let (theme, now) = (
        request.context.theme,
        request.context.engine.runtime().now(),
    );
    Ok(Page::new("Style", move || {
        render(themes(theme, &Location::top(Screen::Style)), now)
    }))
}

fn render(themes: AnyView, now: Moment) -> AnyView {
    view! {
        <div class="frame alone">
            <header class="top">
                <nav class="crumbs" aria-label="Breadcrumb"><ol class="crumb-list">
                    <li><a class="home" href=Screen::Home.path()><svg class="mark" aria-hidden="true"><use href="/icons.svg#mark"></use></svg>{words::PRODUCT}</a></li>
                    <li><span aria-current="page">"Style"</span></li>
                </ol></nav>
                {themes}
            </header>
            <main class="main" id="main" tabindex="-1">
                <div class="page-head"><div><h1>"Style"</h1><p class="lede">"Every component in every state. Only development installations have this page."</p></div></div>
                {section("Color", colors())}
                {section("Type", scale())}
                {section("Space", space())}
                {section("Buttons", buttons())}
                {section("Badges", badges(now))}
                {section("Notices", notices())}
                {section("Fields", fields())}
                {section("Menus", menus())}
                {section("Lists", lists(now))}
                {section("Sheets", sheets())}
            </main>
        </div>
    }
    .into_any()
}

fn section(title: &'static str, body: AnyView) -> AnyView {
    view! { <section class="panel"><h2>{title}</h2>{body}</section> }.into_any()
}

fn colors() -> AnyView {
    let swatch = |name: &'static str| view! { <li><span class=format!("swatch of-{name}")></span><code>{name}</code></li> };
    view! { <ul class="swatches">{COLORS.map(swatch).collect_view()}</ul> }.into_any()
}

fn scale() -> AnyView {
    let line = |(class, text): (&'static str, &'static str)| view! { <p class=class>{text}", نور, 0O1lI"</p> };
    view! { <div>{TYPE.map(line).collect_view()}<p><code>"rt_sk_Ab3dE9xQ, 0O1lI"</code></p></div> }
        .into_any()
}

fn space() -> AnyView {
    let step = |step: &'static str| view! { <li><span class=format!("step s-{step}")></span><code>{step}" px"</code></li> };
    view! { <ul class="swatches">{SPACE.map(step).collect_view()}</ul> }.into_any()
}
