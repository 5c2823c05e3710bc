//! The form for a new key, which the server rendered in a dialog of the page.

use leptos::web_sys;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlFormElement, HtmlInputElement};

use crate::islands::browser::{all, around, attribute, by_id, wait_at};
use crate::words;

/// The form.
pub fn find() -> Option<HtmlFormElement> {
    by_id("create-form")?.dyn_into().ok()
}

/// The form, if an event happened in it.
pub fn of_event(event: &Event) -> Option<HtmlFormElement> {
    around(event, "#create-form").and_then(|_| find())
}

/// Shows whether the button waits for a response.
pub fn wait(busy: bool) {
    if let Some(button) = by_id("create-key-button") {
        wait_at(&button, busy);
    }
}

/// Updates the hints of the form: whether the name is taken, and how many scopes are selected.
pub fn update_hints(form: &HtmlFormElement) {
    let name = by_id("name").and_then(|name| name.dyn_into::<HtmlInputElement>().ok());
    let taken = name.is_some_and(|name| is_taken(name.value().trim()));
    set_text(
        "name-taken",
        if taken {
            words::create_key::NAME_TAKEN
        } else {
            ""
        },
    );
    let selected_scopes =
        form.query_selector_all(".picks [value=read]:checked, .picks [value=write]:checked");
    let n = selected_scopes.map_or(0, |selected_scopes| selected_scopes.length());
    set_text(
        "scope-count",
        &words::create_key::selected_scopes(n.into()),
    );
}

fn set_text(id: &str, text: &str) {
    if let Some(line) = by_id(id)
        && line.text_content().as_deref() != Some(text)
    {
        line.set_text_content(Some(text));
    }
}

/// Whether a key in the list has the name. The form only warns, because names need not be unique.
fn is_taken(name: &str) -> bool {
    all("a[data-revoke]")
        .iter()
        .any(|link| attribute(link, "data-name") == name)
}
