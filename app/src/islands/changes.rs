//! Forms whose button is disabled until something differs from what the server rendered. Without
//! script the button always works.

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlOptionElement, HtmlTextAreaElement};

use super::browser::{all, around};

const FORM: &str = "form[data-changes]";

/// Handles the forms of the page.
pub fn listen() {
    mark_all();
    window_event_listener(ev::input, |event| {
        if let Some(form) = around(&event, FORM) {
            mark(&form);
        }
    });
    // A browser that restores a page also restores what was typed.
    window_event_listener(ev::pageshow, |_| mark_all());
}

/// Disables or enables the button of each form.
pub fn mark_all() {
    all(FORM).iter().for_each(mark);
}

/// Disables or enables the button of a form.
fn mark(form: &Element) {
    let Ok(Some(button)) = form.query_selector(".sheet-foot .button") else {
        return;
    };
    let _ = button.toggle_attribute_with_force("disabled", !has_changed(form));
}

/// Whether an input, a text area or a select within an element differs from what the server rendered.
pub fn has_changed(form: &Element) -> bool {
    let Ok(fields) = form.query_selector_all(
        "input:not([type=hidden], [type=search]), textarea:not([readonly]), option",
    ) else {
        return true;
    };
    (0..fields.length())
        .filter_map(|n| fields.get(n))
        .any(|field| {
            if let Some(input) = field.dyn_ref::<HtmlInputElement>() {
                input.value() != input.default_value() || input.checked() != input.default_checked()
            } else if let Some(area) = field.dyn_ref::<HtmlTextAreaElement>() {
                area.default_value().as_ref() != Ok(&area.value())
            } else if let Some(option) = field.dyn_ref::<HtmlOptionElement>() {
                // The first option is selected if the server selected none.
                option.selected() && !option.default_selected() && option.index() > 0
            } else {
                false
            }
        })
}
