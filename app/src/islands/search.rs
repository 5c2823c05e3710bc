//! Searching a list while the person types. Enter submits the form as without script.

use std::cell::RefCell;
use std::time::Duration;

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, HtmlFormElement, HtmlInputElement};

use super::browser::{all, around, attribute, by_id, load_page, part_of, send, text};
use super::rows;

/// The pause after the last change before the search begins.
const PAUSE: Duration = Duration::from_millis(150);
/// The parts of the page that depend on the search.
const PARTS: [&str; 2] = ["narrow", "found"];
/// What the list was last searched for.
const SHOWN: &str = "data-shown";

/// Handles the search of the page.
pub fn listen() {
    let find = RefCell::new(debounce(PAUSE, |form| spawn_local(find(form))));
    window_event_listener(ev::input, move |event| {
        if by_id(PARTS[1]).is_some()
            && let Some((form, _)) = search_of(&event)
            && let Ok(mut find) = find.try_borrow_mut()
        {
            find(form);
        }
    });
    window_event_listener(ev::submit, |event| {
        if let Some((form, search)) = search_of(&event) {
            shorten(&search);
            // The list is there already.
            if form.get_attribute(SHOWN).as_deref() == Some(&search.value()) {
                event.prevent_default();
            }
        }
    });
}

/// The form and the field of a search, if an event happened in it.
fn search_of(event: &Event) -> Option<(HtmlFormElement, HtmlInputElement)> {
    let form = around(event, "form[data-find]")?
        .dyn_into()
        .ok()?;
    let search = by_id("q")?.dyn_into().ok()?;
    Some((form, search))
}

/// Reduces a whole key to its public part, so that the browser does not send the secret.
fn shorten(search: &HtmlInputElement) {
    let typed = search.value();
    let public = domain::token::public_part(&typed);
    if public != typed.trim() {
        search.set_value(public);
    }
}

/// Shows what the form finds, unless the text has changed again before the response.
async fn find(form: HtmlFormElement) {
    let Some(search) = by_id("q").and_then(|search| search.dyn_into::<HtmlInputElement>().ok())
    else {
        return;
    };
    shorten(&search);
    let typed = search.value();
    let Ok(answer) = send(&form, "").await else {
        return;
    };
    let to = text(&answer, "to");
    let Ok(page) = load_page(&to).await else {
        return;
    };
    if search.value() == typed && show(&page).is_some() {
        let _ = form.set_attribute(SHOWN, &typed);
        // Without a new entry in the history.
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&to));
        }
        rows::count();
    }
}

/// Replaces the parts of the page that depend on the search by those of another page. `None` if it
/// has other parts, such as the page to sign in again.
fn show(page: &str) -> Option<()> {
    let parts = PARTS.map(|id| by_id(id).zip(part_of(page, &format!("#{id}"))));
    for pair in parts {
        let (old, new) = pair?;
        old.set_inner_html(&new.inner_html());
    }
    // The link to reload the list leads to the same search.
    if let Some(line) = all(".news").first() {
        let here = part_of(page, ".news").map(|line| attribute(&line, "data-here"));
        let _ = line.set_attribute("data-here", &here.unwrap_or_default());
    }
    Some(())
}
