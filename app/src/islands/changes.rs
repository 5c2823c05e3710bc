//! Forms whose button is disabled until something differs from what the server rendered. Without
//! script the button always works.

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

use super::browser::{all, around};

const FORM: &str = "form[data-changes]";

/// Handles the forms of the page.
pub fn listen() {
    all(FORM).iter().for_each(mark);
    window_event_listener(ev::input, |event| {
        if let Some(form) = around(&event, FORM) {
            mark(&form);
        }
    });
    // A browser that restores a page also restores what was typed.
    window_event_listener(ev::pageshow, |_| all(FORM).iter().for_each(mark));
}

/// Disables or enables the button of a form.
fn mark(form: &Element) {
    let Ok(Some(button)) = form.query_selector(".sheet-foot .button") else {
        return;
    };
    let _ = button.toggle_attribute_with_force("disabled", !has_changed(form));
}

fn has_changed(form: &Element) -> bool {
    let Ok(inputs) = form.query_selector_all("input:not([type=hidden])") else {
        return true;
    };
    (0..inputs.length())
        .filter_map(|n| inputs.get(n)?.dyn_into::<HtmlInputElement>().ok())
        .any(|input| {
            input.value() != input.default_value() || input.checked() != input.default_checked()
        })
}
