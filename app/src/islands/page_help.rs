//! What makes a page quicker to use with script: keys to press, menus that close, rows that are counted.

use std::time::Duration;

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::browser::{all, around, attribute, by_id, dialog, leave_menu, veil, wait_at};
use super::{copying, rows, shortcuts};

/// A form that is on its way.
const SENT: &str = "form[data-sent]";
const ON_ITS_WAY: Duration = Duration::from_secs(10);

/// The helpers of a page; each minds only what is there.
#[island]
pub fn PageHelp() -> impl IntoView {
    if cfg!(feature = "hydrate") {
        window_event_listener(ev::keydown, pressed);
        window_event_listener(ev::click, clicked);
        window_event_listener(ev::focusin, |event| shut_others(&event));
        window_event_listener(ev::mousedown, |event| {
            // Beside a dialog that the server drew: on its veil.
            if let Some(dialog) = veil(&event).filter(|dialog| dialog.has_attribute("data-veil")) {
                dialog.close();
            }
        });
        window_event_listener(ev::submit, |event| {
            once(&event);
            shorten(&event);
        });
        // A page that comes back has not been sent yet.
        window_event_listener(ev::pageshow, |_| all(SENT).iter().for_each(rest));
        grow_stale();
        copying::listen_texts();
        rows::listen();
        shortcuts::listen();
    }
}

/// `/` searches, `c` creates, `?` tells, others walk the rows; not while something is typed or asked.
fn pressed(event: ev::KeyboardEvent) {
    // A search within a form narrows what is beneath it; it does not send the form.
    if event.key() == "Enter" && around(&event, "[data-narrow]").is_some() {
        return event.prevent_default();
    }
    if event.key() == "Escape" {
        if let Some(open) = all(".menu[open]").first() {
            leave_menu(open);
        }
        return;
    }
    let busy = around(&event, "input:not([type=checkbox]), textarea, select, [contenteditable]").is_some()
        || document().query_selector("dialog[open]").ok().flatten().is_some();
    if busy || event.ctrl_key() || event.meta_key() || event.alt_key() || shortcuts::are_off() {
        return;
    }
    let done = match event.key().as_str() {
        "/" => by_id("q").map(|search| drop(search.focus())).is_some(),
        "c" => first("a[data-create]").map(|link| link.click()).is_some(),
        "?" => dialog("shortcuts").map(|dialog| drop(dialog.show_modal())).is_some(),
        _ => rows::pressed(&event),
    };
    if done {
        event.prevent_default();
    }
}

/// A click outside closes menus; a cross closes its dialog, and a button may open one.
fn clicked(event: ev::MouseEvent) {
    shut_others(&event);
    if let Some(button) = around(&event, "[data-close]") {
        close(&attribute(&button, "data-close"));
    }
    if let Some(closed) = around(&event, "[data-open]").and_then(|button| dialog(&attribute(&button, "data-open"))) {
        let _ = closed.show_modal();
    }
}

/// Closes every menu but the one that an event is in.
fn shut_others(event: &web_sys::Event) {
    let within = around(event, ".menu[open]");
    all(".menu[open]").iter().filter(|open| within.as_ref() != Some(*open)).for_each(shut);
}

fn shut(menu: &Element) {
    let _ = menu.remove_attribute("open");
}

fn close(id: &str) {
    if let Some(dialog) = dialog(id) {
        dialog.close();
    }
}

fn first(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// A form whose answer must not be lost is sent once, however often its button is pressed.
fn once(event: &ev::SubmitEvent) {
    let Some(form) = around(event, "form[data-once]") else { return };
    if form.has_attribute("data-sent") {
        return event.prevent_default();
    }
    let _ = form.set_attribute("data-sent", "");
    wait(&form, true);
    // One that was stopped on its way can be sent again.
    set_timeout(move || rest(&form), ON_ITS_WAY);
}

/// The form can be sent.
fn rest(form: &Element) {
    let _ = form.remove_attribute("data-sent");
    wait(form, false);
}

/// The button of a form says that it waits.
fn wait(form: &Element, waits: bool) {
    let button = form.query_selector(".button:is(.primary, .danger):not([type=button])").ok().flatten();
    if let Some(button) = button {
        wait_at(&button, waits);
    }
}

/// A page stays open longer than a sign-in is fresh: from then on its forms say that they take another.
fn grow_stale() {
    for form in all("form[data-fresh-for]") {
        let seconds = attribute(&form, "data-fresh-for").parse().unwrap_or(0);
        set_timeout(move || drop(form.set_attribute("data-stale", "")), Duration::from_secs(seconds));
    }
}

/// A whole key that was pasted into the search stays here; only its public part is sent.
fn shorten(event: &ev::SubmitEvent) {
    let search = around(event, "form[data-find]").and_then(|_| by_id("q"));
    if let Some(search) = search.and_then(|search| search.dyn_into::<HtmlInputElement>().ok()) {
        let typed = search.value();
        search.set_value(domain::token::public_part(&typed));
    }
}
