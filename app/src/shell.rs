//! The document around a page, and the script that starts its islands.

use leptos::nonce::Nonce;
use leptos::prelude::*;

use crate::theme::Theme;
use crate::words;

/// The links whose pages a browser may prefetch while the pointer rests on them: pages of the open
/// organization, which change nothing. The response to the next form discards prefetched pages, so
/// nobody sees a list from before their own change.
/// <https://wicg.github.io/nav-speculation/speculation-rules.html>
const AHEAD: &str = r#"{"prefetch":[{"source":"document","eagerness":"moderate","where":{"selector_matches":".nav a,.crumbs a,.table th a,.pager a"}}]}"#;

/// The ID of the last element of a page. The browser paints nothing before it, because a partly
/// loaded row or card would move later. Pages are small, so the wait is short.
/// <https://html.spec.whatwg.org/multipage/links.html#link-type-expect>
const END: &str = "end";

/// The parts of a document other than the body.
pub struct Document {
    /// The title.
    pub title: String,
    /// The theme.
    pub theme: Theme,
    /// The URL path of script and style.
    pub assets: String,
    /// The nonce of the page's content security policy.
    pub nonce: Option<Nonce>,
    /// Whether the page has islands. Other pages load no script.
    pub islands: bool,
    /// Whether the browser may prefetch the pages of its links.
    pub ahead: bool,
    /// Whether it is a page of the documentation, which has a style sheet and a script of its own.
    pub documentation: bool,
}

/// The title of the document, which the frame of an organization provides while it renders the
/// page. Every page has a frame, so no page of an organization can leave the organization out.
#[derive(Clone)]
pub struct DocumentTitle(String);

impl DocumentTitle {
    /// The title of a page of an organization: the name of the page or of its object, which differs
    /// between tabs, comes first.
    pub fn in_organization(page: &str, organization: &str) -> Self {
        Self(format!("{page} · {organization}"))
    }
}

/// Tells that the document needs its islands. The frame of an organization provides it.
#[derive(Clone, Copy)]
pub struct Islands;

/// Renders a whole document. Nothing is awaited, because all data is loaded.
pub fn render(document: Document, body: impl FnOnce() -> AnyView) -> String {
    format!(
        "<!DOCTYPE html>{}",
        html(|| shell(document, body()).into_any())
    )
}

/// Renders a part of a document without islands, and without the comments that end the children of
/// every element: only islands need them.
pub fn fragment(view: impl FnOnce() -> AnyView) -> String {
    html(view).replace("<!>", "")
}

fn html(view: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| view().to_html());
    owner.unset_with_forced_cleanup();
    html
}

fn shell(document: Document, body: AnyView) -> impl IntoView {
    let style = format!("{}/roundtable.css", document.assets);
    let has_islands = document.islands || use_context::<Islands>().is_some();
    let documentation = document
        .documentation
        .then(|| documentation(&document.assets));
    let ahead = (has_islands && document.ahead).then(|| {
        view! { <script type="speculationrules" nonce=document.nonce.clone()>{AHEAD}</script> }
    });
    let DocumentTitle(title) =
        use_context().unwrap_or_else(|| DocumentTitle(document.title.clone()));
    let wake = has_islands.then(|| wake(&document.assets, document.nonce));
    view! {
        <html lang="en" data-theme=document.theme.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="robots" content="noindex"/>
                <title inner_html=escaped(&title)></title>
                <link rel="preload" href="/fonts/inter.woff2" r#as="font" r#type="font/woff2" crossorigin=""/>
                <link rel="stylesheet" href=style/>
                {documentation}
                <link rel="expect" href=format!("#{END}") blocking="render"/>
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml"/>
                {ahead}
                {wake}
            </head>
            <body>
                <a class="skip" href="#main">{words::SKIP}</a>
                {body}
                <span id=END hidden></span>
            </body>
        </html>
    }
}

/// The style sheet and the script of the documentation. Without the script, its pages lack only
/// the buttons that copy a sample.
fn documentation(assets: &str) -> impl IntoView + use<> {
    view! {
        <link rel="stylesheet" href=format!("{assets}/docs.css")/>
        <script src=format!("{assets}/docs.js") defer></script>
    }
}

/// The title of the document, escaped. It is not a child of its element: a view without types ends
/// the children of every element with a comment, and a title cannot contain one.
fn escaped(page: &str) -> String {
    html_escape::encode_text(&format!("{page} · {}", words::PRODUCT)).into_owned()
}

/// Loads the script, then hydrates every island. Islands are not nested, so this replaces the
/// framework's loader. The browser requests both files in parallel, and can react to the person
/// between islands. They wait for the first paint, so that on a slow connection they do not compete
/// with the font. A page in the background is not painted, and not every browser reports the paint.
fn wake(assets: &str, nonce: Option<Nonce>) -> impl IntoView + use<> {
    let text = format!(
        "if(!document.hidden)await new Promise(next=>{{setTimeout(next,1000);\
         new PerformanceObserver(next).observe({{type:\"paint\",buffered:true}})}});\
         const wasm=fetch(\"{assets}/roundtable.wasm\"),islands=await import(\"{assets}/roundtable.js\");\
         await islands.default({{module_or_path:wasm}});islands.hydrate();\
         for(const one of document.querySelectorAll(\"leptos-island\")){{islands[one.dataset.component](one);\
         await new Promise(next=>setTimeout(next))}}\
         document.documentElement.dataset.islands=\"ready\""
    );
    view! { <script type="module" nonce=nonce>{text}</script> }
}
