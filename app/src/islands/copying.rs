//! Copying secrets that are shown once, and other texts.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::{ev, web_sys};
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
        let copied = Rc::new(Cell::new(false));
        let noted = copied.clone();
        listen(move || noted.set(true));
        guard_leaving(move || !copied.get());
    }
}

/// The secrets that are shown once: new keys, links and tokens.
const SECRETS: &str = ".key-value";
/// Marks a secret that was copied.
const COPIED: &str = "data-kept";

/// Handles every copy button of the page, and secrets that are copied by hand. Calls `copied` when
/// all are copied.
pub fn listen(copied: impl Fn() + Clone + 'static) {
    let by_button = copied.clone();
    window_event_listener(ev::click, move |event| {
        let button = around(&event, "[data-copy]");
        if let Some((button, source)) = button.and_then(|button| {
            Some((
                button.clone(),
                by_id(&attribute(&button, "data-copy"))?,
            ))
        }) {
            spawn_local(copy(button, source, by_button.clone()));
        }
    });
    window_event_listener(ev::copy, move |event| {
        if let Some(source) = around(&event, ".key-value, .snippet")
            && is_all_copied(&selected(&source))
        {
            copied();
        }
    });
}

/// Handles every button that copies a text such as an ID, or the text of another element. If the
/// browser blocks copying, this selects the text beside or in the button, and shows which keys to
/// press until the next click.
pub fn listen_texts() {
    window_event_listener(ev::click, move |event| {
        let Some(button) = around(&event, "[data-copy-text], [data-copy-of]") else {
            if let Some(hint) = all(".main > .hint[data-copy-status]").first() {
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
                announce(words::reveal_key::COPY_BLOCKED, "hint");
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

/// Marks every secret that a copied text contains completely. Returns whether all secrets are
/// copied.
fn is_all_copied(text: &str) -> bool {
    let text = text.replace('\n', "");
    let mut all_copied = true;
    for area in all(SECRETS) {
        let value = area
            .dyn_ref::<HtmlTextAreaElement>()
            .map(HtmlTextAreaElement::value)
            .unwrap_or_default();
        if !value.is_empty() && text.contains(&value) {
            let _ = area.set_attribute(COPIED, "");
        }
        all_copied &= area.has_attribute(COPIED);
    }
    all_copied
}

/// Lets the browser ask before leaving the page, as long as `unsaved`.
pub fn guard_leaving(unsaved: impl Fn() -> bool + 'static) {
    window_event_listener(ev::beforeunload, move |event| {
        if unsaved() {
            event.prevent_default();
        }
    });
}

async fn copy(button: Element, source: HtmlElement, copied: impl Fn()) {
    let area = source.dyn_ref::<HtmlTextAreaElement>();
    let text = area.map_or_else(
        || source.text_content().unwrap_or_default(),
        HtmlTextAreaElement::value,
    );
    if write(&text).await.is_ok() {
        if is_all_copied(&text) {
            copied();
        }
        confirm(&button);
    } else {
        select(&source);
        announce(words::reveal_key::COPY_BLOCKED, "hint");
    }
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
    announce(words::reveal_key::COPIED, "visually-hidden");
    set_button(button, words::reveal_key::COPIED, "check");
    let button = button.clone();
    set_timeout(
        move || {
            announce("", "visually-hidden");
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

/// Announces a text in the last status line: that of an open dialog, or else that of the page.
fn announce(text: &str, class: &str) {
    if let Some(status) = all("[data-copy-status]").pop() {
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
