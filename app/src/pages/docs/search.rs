//! The search of the documentation: a form that every page has, and the page with the results.

use leptos::prelude::*;

use super::{Link, PATH_OF_SEARCH};
use crate::shared_view::icon;
use crate::shell::fragment;
use crate::words::docs_search as words;

/// The maximum length of a search.
pub const MOST_SEARCH: usize = 100;

/// What the page of the search shows.
pub struct Results {
    /// The text that was searched for.
    pub text: String,
    /// The number of results.
    pub found: usize,
    /// The best results.
    pub shown: Vec<Found>,
    /// The pages to offer if nothing was found.
    pub pages: Vec<Link>,
}

/// A place that was found.
pub struct Found {
    /// The URL and the heading.
    pub place: Link,
    /// The title of the page.
    pub page: String,
    /// The part of the text with the words.
    pub excerpt: Vec<Piece>,
}

/// A part of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is one of the words that were searched for.
    pub is_hit: bool,
}

/// Renders the article of the results.
pub fn markup(results: &Results) -> String {
    fragment(|| article(results))
}

/// The form of the search. `text` is what was searched for.
pub(super) fn form(text: &str) -> AnyView {
    view! {
        <form class="docs-search" role="search" action=PATH_OF_SEARCH>
            <label class="visually-hidden" for="docs-q">{words::LABEL}</label>
            <input class="input" id="docs-q" type="search" name="q" value=text.to_owned() maxlength=MOST_SEARCH.to_string() placeholder=words::LABEL autocomplete="off"/>
            <button class="icon-button" aria-label=words::SUBMIT>{icon("search")}</button>
        </form>
    }
    .into_any()
}

fn article(results: &Results) -> AnyView {
    let body = if results.text.is_empty() {
        view! { <p class="lede">{words::ASK}</p>{list_of(&results.pages)} }.into_any()
    } else if results.shown.is_empty() {
        nothing(results)
    } else {
        let count = words::count(number(results.found));
        let limited = (results.found > results.shown.len())
            .then(|| words::limited(number(results.shown.len())));
        view! {
            <p class="lede" role="status">
                {count}
                {words::RESULTS_FOR.0}
                <bdi>{results.text.clone()}</bdi>
                {words::RESULTS_FOR.1}
                {limited}
            </p>
            <ol class="found-list">{results.shown.iter().map(entry).collect_view()}</ol>
        }
        .into_any()
    };
    view! { <h1>{words::TITLE}</h1>{body} }.into_any()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn entry(found: &Found) -> AnyView {
    let piece = |piece: &Piece| {
        let text = piece.text.clone();
        if piece.is_hit {
            view! { <mark>{text}</mark> }.into_any()
        } else {
            text.into_any()
        }
    };
    view! {
        <li>
            <h2><a href=found.place.to.clone()>{found.place.name.clone()}</a></h2>
            <p class="docs-note">{found.page.clone()}</p>
            <p>{found.excerpt.iter().map(piece).collect_view()}</p>
        </li>
    }
    .into_any()
}

fn nothing(results: &Results) -> AnyView {
    view! {
        <div class="empty" role="status">
            {icon("search")}
            <h2>{words::NOTHING.0}<bdi>{results.text.clone()}</bdi>{words::NOTHING.1}</h2>
            <p>{words::NOTHING_HINT}</p>
        </div>
        <p>{words::OR_BROWSE}</p>
        {list_of(&results.pages)}
    }
    .into_any()
}

fn list_of(pages: &[Link]) -> AnyView {
    let entry = |page: &Link| view! { <li><a href=page.to.clone()>{page.name.clone()}</a></li> };
    view! { <ul>{pages.iter().map(entry).collect_view()}</ul> }.into_any()
}
