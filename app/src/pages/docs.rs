//! The frame around the documentation. The server passes the text of a page as markup. The
//! documentation needs no sign-in and no script.

pub mod reference;
pub mod sample;
pub mod search;

use domain::{Code, Problem};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use leptos::nonce::Nonce;
use leptos::prelude::*;

use super::{Page, error_page};
use crate::components::frame::account::themes_of_docs;
use crate::routes::{DOCS, Screen};
use crate::shared_view::{copy_status, icon};
use crate::shell::{Document, render};
use crate::theme::Theme;
use crate::words;

/// The URL of the index of all pages, for language models.
pub const INDEX: &str = "/docs/llms.txt";
/// The URL of the search.
pub const PATH_OF_SEARCH: &str = "/docs/search";

/// The appearance of a page that needs no [`PageContext`](crate::request::PageContext).
pub struct Look {
    /// The theme.
    pub theme: Theme,
    /// The URL path of script and style.
    pub assets: String,
    /// The nonce of the page's content security policy.
    pub nonce: Option<Nonce>,
}

/// A link of the documentation.
#[derive(Clone, Debug)]
pub struct Link {
    /// A path or an anchor.
    pub to: String,
    /// Its text.
    pub name: String,
}

/// A group of the navigation.
#[derive(Clone, Debug)]
pub struct NavGroup {
    /// Its name.
    pub name: &'static str,
    /// Its pages.
    pub pages: Vec<Link>,
}

/// One page of the documentation.
pub struct Leaf {
    /// Its own path and title.
    pub here: Link,
    /// All pages but the index, as in the navigation.
    pub groups: Vec<NavGroup>,
    /// The text that was searched for, on the page of the search.
    pub search: String,
    /// Its headings.
    pub sections: Vec<Link>,
    /// The CSS class of its body.
    pub class: &'static str,
    /// Its body: trusted markup, which is not escaped again.
    pub markup: String,
    /// The path of its Markdown source, if it has one.
    pub source: Option<String>,
}

/// Renders a page of the documentation.
pub fn leaf(look: Look, leaf: Leaf) -> Response<String> {
    let title = leaf.here.name.clone();
    let theme = look.theme;
    respond(
        look,
        Page::new(&title, move || framed(leaf, theme)),
        true,
    )
}

/// The page for a URL that does not exist.
pub fn nothing(look: Look, request_id: &str) -> Response<String> {
    respond(
        look,
        error_page::page(&Problem::new(Code::NotFound, request_id), ""),
        false,
    )
}

fn respond(look: Look, page: Page, documentation: bool) -> Response<String> {
    let Look {
        theme,
        assets,
        nonce,
    } = look;
    let document = Document {
        title: page.title,
        theme,
        assets,
        nonce,
        islands: false,
        ahead: false,
        documentation,
    };
    let mut response = Response::new(render(document, page.body));
    *response.status_mut() = page.status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn framed(leaf: Leaf, theme: Theme) -> AnyView {
    let source = leaf.source.clone().map(
        |source| view! { <p class="docs-note"><a href=source>{words::docs::AS_MARKDOWN}</a></p> },
    );
    view! {
        <div class="frame">
            {side(&leaf)}
            <header class="top docs-top">
                {crumbs(&leaf)}
                {search::form(&leaf.search)}
                {themes_of_docs(theme, address(&leaf))}
                <a class="button" href=Screen::Shortcut.path()>{words::docs::OPEN_DASHBOARD}</a>
            </header>
            <main class="main docs" id="main" tabindex="-1">
                <p class="docs-note"><a href=INDEX>{words::docs::INDEX}</a></p>
                {sections(&leaf)}
                <article class=leaf.class inner_html=leaf.markup></article>
                {source}
                {copy_words()}
            </main>
        </div>
    }
    .into_any()
}

/// The URL of the page with the search, to which a form returns.
fn address(leaf: &Leaf) -> String {
    if leaf.search.is_empty() {
        return leaf.here.to.clone();
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", &leaf.search)
        .finish();
    format!("{}?{query}", leaf.here.to)
}

/// The status line that reports copying, and its texts for the script.
fn copy_words() -> AnyView {
    view! {
        <div data-copied=words::reveal_key::COPIED data-blocked=words::reveal_key::COPY_BLOCKED>{copy_status()}</div>
    }
    .into_any()
}

fn side(leaf: &Leaf) -> AnyView {
    let entry = |link: &Link| {
        let current = (link.to == leaf.here.to).then_some("page");
        view! { <li><a href=link.to.clone() aria-current=current>{link.name.clone()}</a></li> }
    };
    let group = |group: &NavGroup| {
        let id = format!("nav-{}", group.name.to_lowercase().replace(' ', "-"));
        view! {
            <h3 id=id.clone()>{group.name}</h3>
            <ul class="nav-list" aria-labelledby=id>{group.pages.iter().map(entry).collect_view()}</ul>
        }
    };
    view! {
        <aside class="side" aria-label=words::docs::TITLE>
            <div class="side-inner">
                <button class="icon-button nav-open" type="button" popovertarget="nav" aria-label=words::docs::MENU>{icon("menu")}</button>
                <a class="docs-brand" href=DOCS>
                    <svg class="mark" aria-hidden="true"><use href="/icons.svg#mark"></use></svg>
                    <span class="docs-name">{words::PRODUCT}</span>
                </a>
                <nav class="nav docs-nav" id="nav" popover aria-labelledby="nav-title">
                    <h2 class="visually-hidden" id="nav-title">{words::docs::TITLE}</h2>
                    {leaf.groups.iter().map(group).collect_view()}
                </nav>
            </div>
        </aside>
    }
    .into_any()
}

fn crumbs(leaf: &Leaf) -> AnyView {
    let home =
        (leaf.here.to != DOCS).then(|| view! { <li><a href=DOCS>{words::docs::TITLE}</a></li> });
    view! {
        <nav class="crumbs" aria-label=words::frame::BREADCRUMB>
            <ol class="crumb-list">{home}<li><span aria-current="page">{leaf.here.name.clone()}</span></li></ol>
        </nav>
    }
    .into_any()
}

fn sections(leaf: &Leaf) -> Option<AnyView> {
    let entry = |link: &Link| view! { <li><a href=link.to.clone()>{link.name.clone()}</a></li> };
    (leaf.sections.len() > 2).then(|| {
        view! {
            <nav class="sections" aria-labelledby="sections-title">
                <h2 id="sections-title">{words::docs::ON_THIS_PAGE}</h2>
                <ul class="section-list">{leaf.sections.iter().map(entry).collect_view()}</ul>
            </nav>
        }
        .into_any()
    })
}
