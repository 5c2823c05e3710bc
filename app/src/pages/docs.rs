//! The frame around the documentation. The server passes the text of a page as markup. The
//! documentation needs no sign-in and no script.

use domain::{Code, Problem};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use leptos::nonce::Nonce;
use leptos::prelude::*;

use super::{Page, error_page};
use crate::routes::Screen;
use crate::shared_view::icon;
use crate::shell::{Document, render};
use crate::theme::Theme;
use crate::words;

/// The URL of the index of all pages, for language models.
pub const INDEX: &str = "/docs/llms.txt";

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

/// One page of the documentation.
pub struct Leaf {
    /// Its own path and title.
    pub here: Link,
    /// All pages, in the order of the navigation. The first is the index.
    pub pages: Vec<Link>,
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
    respond(look, Page::new(&title, move || framed(leaf)))
}

/// The page for a URL that does not exist.
pub fn nothing(look: Look, request_id: &str) -> Response<String> {
    respond(
        look,
        error_page::page(&Problem::new(Code::NotFound, request_id), ""),
    )
}

fn respond(look: Look, page: Page) -> Response<String> {
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

fn framed(leaf: Leaf) -> AnyView {
    let source = leaf.source.clone().map(
        |source| view! { <p class="docs-note"><a href=source>{words::docs::AS_MARKDOWN}</a></p> },
    );
    view! {
        <div class="frame">
            {side(&leaf)}
            <header class="top">
                {crumbs(&leaf)}
                <a class="button" href=Screen::Shortcut.path()>{words::docs::OPEN_DASHBOARD}</a>
            </header>
            <main class="main docs" id="main" tabindex="-1">
                <p class="docs-note"><a href=INDEX>{words::docs::INDEX}</a></p>
                {sections(&leaf)}
                <article class=leaf.class inner_html=leaf.markup></article>
                {source}
            </main>
        </div>
    }
    .into_any()
}

fn side(leaf: &Leaf) -> AnyView {
    let home = leaf.pages.first().map(|link| link.to.clone());
    let entry = |link: &Link| {
        let current = (link.to == leaf.here.to).then_some("page");
        view! { <li><a href=link.to.clone() aria-current=current>{link.name.clone()}</a></li> }
    };
    view! {
        <aside class="side" aria-label=words::docs::TITLE>
            <div class="side-inner">
                <button class="icon-button nav-open" type="button" popovertarget="nav" aria-label=words::docs::MENU>{icon("menu")}</button>
                <a class="docs-brand" href=home><svg class="mark" aria-hidden="true"><use href="/icons.svg#mark"></use></svg>{words::PRODUCT}</a>
                <nav class="nav" id="nav" popover aria-labelledby="nav-title">
                    <h2 id="nav-title">{words::docs::TITLE}</h2>
                    <ul class="nav-list">{leaf.pages.iter().skip(1).map(entry).collect_view()}</ul>
                </nav>
            </div>
        </aside>
    }
    .into_any()
}

fn crumbs(leaf: &Leaf) -> AnyView {
    let inside = leaf
        .pages
        .first()
        .filter(|home| home.to != leaf.here.to);
    let home =
        inside.map(|home| view! { <li><a href=home.to.clone()>{home.name.clone()}</a></li> });
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
