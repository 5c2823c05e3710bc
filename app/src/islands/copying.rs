//! Copying secrets that are shown once, and other texts.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;
use leptos::{ev, html, web_sys};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement, HtmlTextAreaElement};

use super::browser::{all, around, attribute, by_id};
use crate::words;

const SHOWN_FOR: Duration = Duration::from_millis(1500);

/// The copy buttons of a page that shows new keys or links. The browser asks before leaving the
/// page while something is not copied.
#[island]
pub fn CopyButtons() -> impl IntoView {
    if cfg!(feature = "hydrate") {
        listen();
    }
}

/// The secrets that are shown once: new keys, links and tokens.
const SECRETS: &str = ".key-value";
/// Marks a secret that was copied, or that the person gave up.
const KEPT: &str = "data-kept";

thread_local! {
    /// Whether the page listens already, for several islands.
    static LISTENS: Cell<bool> = const { Cell::new(false) };
}

/// Handles every copy button of the page, and secrets that are copied by hand. The browser asks
/// before leaving the page while a secret is not copied.
pub fn listen() {
    if LISTENS.replace(true) {
        return;
    }
    window_event_listener(ev::click, |event| {
        let button = around(&event, "[data-copy]");
        if let Some((button, source)) = button.and_then(|button| {
            Some((
                button.clone(),
                by_id(&attribute(&button, "data-copy"))?,
            ))
        }) {
            spawn_local(copy(button, source));
        }
    });
    window_event_listener(ev::copy, |event| {
        if let Some(source) = around(&event, ".key-value, .snippet") {
            keep(&selected(&source));
        }
    });
    window_event_listener(ev::beforeunload, |event| {
        if unsaved("body") {
            event.prevent_default();
        }
    });
}

/// Whether a secret that was not copied is shown within the element of a selector.
pub fn unsaved(within: &str) -> bool {
    all(&format!("{within} {SECRETS}"))
        .iter()
        .any(|area| !area.has_attribute(KEPT))
}

/// Lets the secrets within the element of a selector be lost, because the person chose so.
pub fn give_up(within: &str) {
    for area in all(&format!("{within} {SECRETS}")) {
        let _ = area.set_attribute(KEPT, "");
    }
}

/// Asks before the Escape key closes a dialog that shows a secret. A browser lets only the first of
/// several presses be canceled when it closes the dialog, but each one when it is pressed.
pub fn escape(event: &ev::KeyboardEvent, within: &str, guard: NodeRef<html::Dialog>) {
    if event.key() == "Escape" && unsaved(within) {
        event.prevent_default();
        ask(guard);
    }
}

/// Opens the question of [`guard`].
pub fn ask(guard: NodeRef<html::Dialog>) {
    if let Some(guard) = guard.get_untracked() {
        let _ = guard.show_modal();
        if let Ok(Some(stay)) = guard.query_selector(".primary") {
            focus(&stay);
        }
    }
}

/// Copies the first secret within the element of a selector that is not copied. If the browser
/// refuses, the secret is selected, and the status line shows which keys to press. Returns whether
/// it is copied, or nothing was left to copy.
pub async fn copy_secret(within: &str) -> bool {
    let open = format!("{within} {SECRETS}:not([{KEPT}])");
    let open = all(&open).into_iter().next();
    match open.and_then(|area| area.dyn_into().ok()) {
        Some(area) => copy_text(&area).await,
        None => true,
    }
}

/// Copies the secret of a dialog whose form promised that, and announces it.
pub fn copy_as_promised(within: &'static str) {
    let sheet = all(&format!("{within} [data-copy-now]"));
    if let Some(sheet) = sheet.into_iter().next() {
        spawn_local(async move {
            if copy_secret(within).await {
                let copied = attribute(&sheet, "data-copy-now");
                announce(&sheet, &copied, "visually-hidden");
            }
        });
    }
}

/// Moves the focus to the button that copies the first secret that is not copied.
pub fn focus_secret(within: &str) {
    let open = format!("{within} .copy-row:has({SECRETS}:not([{KEPT}])) .copy");
    if let Some(button) = all(&open).first() {
        focus(button);
    }
}

fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// The dialog that asks whether to close although a secret was not copied.
pub fn guard(
    dialog: NodeRef<html::Dialog>,
    stay: impl Fn() + 'static,
    leave: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <dialog class="dialog small" aria-labelledby="guard-title" aria-describedby="guard-text" node_ref=dialog>
            <div class="sheet">
                <div class="sheet-head"><h2 id="guard-title">{words::reveal_key::GUARD_TITLE}</h2></div>
                <div class="sheet-body"><p id="guard-text">{words::reveal_key::GUARD_TEXT}</p></div>
                <div class="sheet-foot">
                    <button class="button" type="button" on:click=move |_| leave()>{words::reveal_key::GUARD_LEAVE}</button>
                    <button class="button primary" type="button" on:click=move |_| stay()>{words::reveal_key::GUARD_STAY}</button>
                </div>
            </div>
        </dialog>
    }
}

/// Handles every button that copies a text such as an ID, or the text of another element. If the
/// browser blocks copying, this selects the text beside or in the button, and shows which keys to
/// press until the next click.
pub fn listen_texts() {
    window_event_listener(ev::click, move |event| {
        let Some(button) = around(&event, "[data-copy-text], [data-copy-of]") else {
            for hint in all(".hint[data-copy-status]") {
                hint.set_class_name("visually-hidden");
            }
            return;
        };
        spawn_local(async move {
            let source = by_id(&attribute(&button, "data-copy-of"));
            let text = source.as_ref().map_or_else(
                || attribute(&button, "data-copy-text"),
                |source| source.text_content().unwrap_or_default(),
            );
            if write(&text).await.is_ok() {
                confirm(&button);
            } else {
                let shown = source.or_else(|| text_beside(&button, &text)?.dyn_into().ok());
                if let Some(shown) = shown {
                    select(&shown);
                }
                announce(&button, words::reveal_key::COPY_BLOCKED, "hint");
            }
        });
    });
}

/// The visible element with the text that a button copies.
fn text_beside(button: &Element, text: &str) -> Option<Element> {
    let known = button.query_selector("code").ok().flatten();
    if let Some(beside) = known.or_else(|| button.previous_element_sibling()) {
        return Some(beside);
    }
    let code = document().create_element("code").ok()?;
    code.set_text_content(Some(text));
    button.append_child(&code).ok()?;
    Some(code)
}

/// The selected text, in the field of a secret or anywhere else.
fn selected(source: &Element) -> String {
    let area = source.dyn_ref::<HtmlTextAreaElement>();
    let range = area.and_then(|area| {
        area.selection_start()
            .ok()
            .flatten()
            .zip(area.selection_end().ok().flatten())
    });
    match (area, range) {
        (Some(area), Some((from, to))) if from < to => area
            .value()
            .chars()
            .skip(from as usize)
            .take((to - from) as usize)
            .collect(),
        _ => window()
            .get_selection()
            .ok()
            .flatten()
            .map(|selection| String::from(selection.to_string()))
            .unwrap_or_default(),
    }
}

/// Marks every secret that a copied text contains completely.
fn keep(text: &str) {
    let text = text.replace('\n', "");
    for area in all(SECRETS) {
        let value = area
            .dyn_ref::<HtmlTextAreaElement>()
            .map(HtmlTextAreaElement::value)
            .unwrap_or_default();
        if !value.is_empty() && text.contains(&value) {
            let _ = area.set_attribute(KEPT, "");
        }
    }
}

async fn copy(button: Element, source: HtmlElement) {
    if copy_text(&source).await {
        confirm(&button);
    }
}

/// Copies the text of an element. If the browser refuses, the text is selected, and the status line
/// shows which keys to press. Returns whether the text is copied.
async fn copy_text(source: &HtmlElement) -> bool {
    let area = source.dyn_ref::<HtmlTextAreaElement>();
    let text = area.map_or_else(
        || source.text_content().unwrap_or_default(),
        HtmlTextAreaElement::value,
    );
    if write(&text).await.is_ok() {
        keep(&text);
        return true;
    }
    select(source);
    announce(source, words::reveal_key::COPY_BLOCKED, "hint");
    false
}

/// Shows for a moment on the button that the text is copied, and announces it to screen readers.
fn confirm(button: &Element) {
    let before = button
        .query_selector("span")
        .ok()
        .flatten()
        .and_then(|span| span.text_content());
    if before.as_deref() == Some(words::reveal_key::COPIED) {
        return;
    }
    announce(button, words::reveal_key::COPIED, "visually-hidden");
    set_button(button, words::reveal_key::COPIED, "check");
    let button = button.clone();
    set_timeout(
        move || {
            announce(&button, "", "visually-hidden");
            set_button(&button, before.as_deref().unwrap_or_default(), "copy");
        },
        SHOWN_FOR,
    );
}

/// Writes to the clipboard. A page without HTTPS has no clipboard.
async fn write(text: &str) -> Result<JsValue, JsValue> {
    let navigator = window().navigator();
    if js_sys::Reflect::get(&navigator, &"clipboard".into())?.is_undefined() {
        return Err(JsValue::UNDEFINED);
    }
    JsFuture::from(navigator.clipboard().write_text(text)).await
}

fn select(source: &HtmlElement) {
    match source.dyn_ref::<HtmlTextAreaElement>() {
        Some(area) => {
            let _ = area.focus();
            area.select();
        }
        None => {
            if let Ok(Some(selection)) = window().get_selection() {
                let _ = selection.select_all_children(source);
            }
        }
    }
}

/// Announces a text in the status line of the dialog around an element, or else of the page.
fn announce(near: &Element, text: &str, class: &str) {
    const STATUS: &str = "[data-copy-status]";
    let own = near
        .closest("dialog")
        .ok()
        .flatten()
        .and_then(|dialog| dialog.query_selector(STATUS).ok().flatten());
    if let Some(status) = own.or_else(|| all(STATUS).pop()) {
        status.set_class_name(class);
        status.set_text_content(Some(text));
    }
}

fn set_button(button: &Element, text: &str, icon: &str) {
    if let Ok(Some(span)) = button.query_selector("span") {
        span.set_text_content(Some(text));
    }
    if let Ok(Some(picture)) = button.query_selector("use") {
        let _ = picture.set_attribute("href", &format!("/icons.svg#{icon}"));
    }
}
