//! The document around a page, and the few lines of script that wake its islands.

use leptos::nonce::Nonce;
use leptos::prelude::*;

use crate::doors::Theme;
use crate::words;

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
    /// Where signing in again begins that leads back to this page; nothing for pages without forms.
    pub again: Option<SignInAgain>,
}

/// The address at which signing in again begins, for whatever part of a page asks for it.
#[derive(Clone)]
pub struct SignInAgain(pub String);

/// Draws a whole document. Nothing is awaited here: all data is loaded already.
pub fn draw(document: Document, body: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        if let Some(again) = document.again.clone() {
            provide_context(again);
        }
        format!("<!DOCTYPE html>{}", shell(document, body()).to_html())
    });
    owner.unset_with_forced_cleanup();
    html
}

fn shell(document: Document, body: AnyView) -> impl IntoView {
    let style = format!("{}/roundtable.css", document.assets);
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
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml"/>
                {wake}
            </head>
            <body>
                <a class="skip" href="#main">{words::SKIP}</a>
                {body}
            </body>
        </html>
    }
}

/// Loads the script, then lets every island take over its own markup. Islands are not nested here, so this is all of
/// the framework's own loader that is needed. Both files are asked for at once, and by nobody without script.
fn wake(assets: &str, nonce: Option<Nonce>) -> impl IntoView + use<> {
    let text = format!(
        "const wasm=fetch(\"{assets}/roundtable.wasm\"),islands=await import(\"{assets}/roundtable.js\");\
         await islands.default({{module_or_path:wasm}});islands.hydrate();\
         for(const one of document.querySelectorAll(\"leptos-island\"))islands[one.dataset.component](one);\
         document.documentElement.dataset.islands=\"ready\""
    );
    view! { <script type="module" nonce=nonce>{text}</script> }
}
