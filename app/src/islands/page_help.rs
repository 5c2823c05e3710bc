//! Helpers for a page with script: keyboard shortcuts, menus that close, and a count of selected
//! rows.

use std::time::Duration;

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::browser::{
    REFRESHED, all, around, attribute, by_id, dialog, leave_menu, pressed_backdrop, wait_at,
};
use super::{changes, copying, rows, search, shortcuts};

/// A form that is being submitted.
const SENT: &str = "form[data-sent]";
const RESUBMIT_AFTER: Duration = Duration::from_secs(10);

/// The helpers of a page. Each handles only the elements that exist.
#[island]
pub fn PageHelp() -> impl IntoView {
    if cfg!(feature = "hydrate") {
        window_event_listener(ev::keydown, pressed);
        window_event_listener(ev::click, clicked);
        window_event_listener(ev::focusin, |event| shut_others(&event));
        window_event_listener(ev::mousedown, |event| {
            // On the backdrop of a dialog that the server rendered.
            if let Some(dialog) =
                pressed_backdrop(&event).filter(|dialog| dialog.has_attribute("data-veil"))
            {
                dialog.close();
            }
        });
        window_event_listener(ev::submit, |event| {
            once(&event);
        });
        // A page that the browser restores has not been submitted yet.
        window_event_listener(ev::pageshow, |_| all(SENT).iter().for_each(reset));
        window_event_listener_untyped(REFRESHED, |_| begin());
        mark_stale_later();
        copying::listen_texts();
        changes::listen();
        rows::listen();
        search::listen();
        shortcuts::listen();
    }
}

/// What a page needs again after its elements were replaced.
fn begin() {
    mark_stale_later();
    changes::mark_all();
    rows::count();
    shortcuts::show();
}

/// Handles keyboard shortcuts: Ctrl or Cmd with K searches everything, `/` searches the list, `c` creates a key, `?` shows the list, others move
/// through the rows. They are off while the person types or a dialog is open.
fn pressed(event: ev::KeyboardEvent) {
    // A search in a form filters the table below. Enter must not submit the form.
    if event.key() == "Enter" && around(&event, "[data-narrow]").is_some() {
        return event.prevent_default();
    }
    if (event.ctrl_key() || event.meta_key()) && event.key() == "k" {
        if let Some(find) = first("a[data-find-all]").filter(|_| all("dialog[open]").is_empty()) {
            event.prevent_default();
            find.click();
        }
        return;
    }
    if event.key() == "Escape" {
        if let Some(open) = all(".menu[open]").first() {
            leave_menu(open);
        }
        return;
    }
    let busy = around(
        &event,
        "input:not([type=checkbox]), textarea, select, [contenteditable]",
    )
    .is_some()
        || document()
            .query_selector("dialog[open]")
            .ok()
            .flatten()
            .is_some();
    if busy || event.ctrl_key() || event.meta_key() || event.alt_key() || shortcuts::are_off() {
        return;
    }
    let done = match event.key().as_str() {
        "/" => by_id("q")
            .map(|search| drop(search.focus()))
            .is_some(),
        "c" => first("a[data-create]")
            .map(|link| link.click())
            .is_some(),
        "?" => dialog("shortcuts")
            .map(|dialog| drop(dialog.show_modal()))
            .is_some(),
        _ => rows::pressed(&event),
    };
    if done {
        event.prevent_default();
    }
}

/// A click outside closes menus. Buttons open and close dialogs.
fn clicked(event: ev::MouseEvent) {
    shut_others(&event);
    if let Some(button) = around(&event, "[data-close]") {
        close(&attribute(&button, "data-close"));
    }
    if around(&event, "[data-dismiss]").is_some()
        && let Some(toast) = around(&event, ".toast")
    {
        toast.remove();
        // Its button had the focus.
        let _ = by_id("main").map(|main| main.focus());
    }
    if let Some(closed) =
        around(&event, "[data-open]").and_then(|button| dialog(&attribute(&button, "data-open")))
    {
        let _ = closed.show_modal();
    }
}

/// Closes every menu except the one that contains the target of an event.
fn shut_others(event: &web_sys::Event) {
    let within = around(event, ".menu[open]");
    all(".menu[open]")
        .iter()
        .filter(|open| within.as_ref() != Some(*open))
        .for_each(shut);
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
    document()
        .query_selector(selector)
        .ok()
        .flatten()?
        .dyn_into()
        .ok()
}

/// Submits a form whose response must not be lost only once, however often the person presses its
/// button.
fn once(event: &ev::SubmitEvent) {
    let Some(form) = around(event, "form[data-once]") else {
        return;
    };
    if form.has_attribute("data-sent") {
        return event.prevent_default();
    }
    let _ = form.set_attribute("data-sent", "");
    wait(&form, true);
    // The person can submit a form again whose request was canceled.
    set_timeout(move || reset(&form), RESUBMIT_AFTER);
}

/// Lets the form be submitted again.
pub fn reset(form: &Element) {
    let _ = form.remove_attribute("data-sent");
    wait(form, false);
}

/// Shows on the button of a form whether it waits.
pub fn wait(form: &Element, waits: bool) {
    let button = form
        .query_selector(".button:is(.primary, .danger):not([type=button])")
        .ok()
        .flatten();
    if let Some(button) = button {
        wait_at(&button, waits);
    }
}

/// Marks forms as stale when the sign-in becomes too old while the page is open.
pub fn mark_stale_later() {
    for form in all("form[data-fresh-for]") {
        let seconds = attribute(&form, "data-fresh-for")
            .parse()
            .unwrap_or(0);
        set_timeout(
            move || drop(form.set_attribute("data-stale", "")),
            Duration::from_secs(seconds),
        );
    }
}
