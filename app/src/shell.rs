//! The document around a page, and the few lines of script that wake its islands.

use leptos::nonce::Nonce;
use leptos::prelude::*;

use crate::theme::Theme;
use crate::words;

/// What a browser may fetch ahead, while the pointer rests on a link: pages of the organization that is open, which only
/// show. What was fetched is dropped by the answer to the next form, so nobody sees a list from before their own change.
/// <https://wicg.github.io/nav-speculation/speculation-rules.html>
const AHEAD: &str = r#"{"prefetch":[{"source":"document","eagerness":"moderate","where":{"selector_matches":".nav a,.crumbs a,.table th a,.pager a"}}]}"#;

/// The end of a page, which must be there before any of it is painted: a row or a card that is half there would move once
/// it is whole. A page is small, so nobody waits for it.
/// <https://html.spec.whatwg.org/multipage/links.html#link-type-expect>
const END: &str = "end";

/// What the document must know besides its page.
pub struct Document {
    /// The page's title.
    pub title: String,
    /// The theme.
    pub theme: Theme,
    /// Where script and style are.
    pub assets: String,
    /// The nonce that the page's policy allows.
    pub nonce: Option<Nonce>,
    /// Whether the page has islands; others load no script at all.
    pub islands: bool,
    /// Whether the browser may fetch ahead where its links lead.
    pub ahead: bool,
}

/// Draws a whole document. Nothing is awaited here: all data is loaded already.
pub fn render(document: Document, body: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| format!("<!DOCTYPE html>{}", shell(document, body()).to_html()));
    owner.unset_with_forced_cleanup();
    html
}

fn shell(document: Document, body: AnyView) -> impl IntoView {
    let style = format!("{}/roundtable.css", document.assets);
    let ahead = document.ahead.then(|| {
        view! { <script type="speculationrules" nonce=document.nonce.clone()>{AHEAD}</script> }
    });
    let wake = document.islands.then(|| wake(&document.assets, document.nonce));
    view! {
        <html lang="en" data-theme=document.theme.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="robots" content="noindex"/>
                <title>{format!("{} · {}", document.title, words::PRODUCT)}</title>
                <link rel="preload" href="/fonts/inter.woff2" r#as="font" r#type="font/woff2" crossorigin=""/>
                <link rel="stylesheet" href=style/>
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

/// Loads the script, then lets every island take over its own markup. Islands are not nested here, so this is all of
/// the framework's own loader that is needed. Both files are asked for at once, and by nobody without script. Between
/// islands the browser may answer the person.
fn wake(assets: &str, nonce: Option<Nonce>) -> impl IntoView + use<> {
    let text = format!(
        "const wasm=fetch(\"{assets}/roundtable.wasm\"),islands=await import(\"{assets}/roundtable.js\");\
         await islands.default({{module_or_path:wasm}});islands.hydrate();\
         for(const one of document.querySelectorAll(\"leptos-island\")){{islands[one.dataset.component](one);\
         await new Promise(next=>setTimeout(next))}}\
         document.documentElement.dataset.islands=\"ready\""
    );
    view! { <script type="module" nonce=nonce>{text}</script> }
}
