//! Errors in a form that the server rendered: each at its field, and all of them in the summary.

use leptos::web_sys;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement};

use super::browser::{Failure, around};
use crate::words;

/// Removes every error.
pub fn clear(form: &HtmlFormElement) {
    each(form, ".trouble, .again", |line| line.set_hidden(true));
    each(form, ".field-error", clear_line);
    each(form, "[aria-invalid]", |field| {
        drop(field.remove_attribute("aria-invalid"))
    });
}

/// Shows the errors at their fields, and moves the focus to the first invalid field. A failure
/// without a field is shown above them.
pub fn show(form: &HtmlFormElement, failure: &Failure) {
    clear(form);
    let mut is_focused = false;
    for (field, sentence) in &failure.fields {
        if let Some(line) = find(form, &format!("#{field}-error")) {
            sentence_of(&line).set_text_content(Some(sentence));
            line.set_hidden(false);
        }
        each(
            form,
            &format!("input[name={field}], :is(input, select)[aria-describedby~={field}-error]"),
            |input| {
                let _ = input.set_attribute("aria-invalid", "true");
                // Some inputs cannot take the focus, such as a hidden date.
                is_focused = is_focused || focus(input);
            },
        );
    }
    if is_focused {
        return;
    }
    if let Some(title) = find(form, ".trouble h2") {
        title.set_text_content(Some(failure.title(words::create_key::FAILED)));
    }
    if let Some(lines) = find(form, ".trouble .lines") {
        lines.set_text_content(Some(&failure.lines().join(" ")));
    }
    each(form, ".trouble", |trouble| trouble.set_hidden(false));
    each(form, ".again", |link| {
        link.set_hidden(!failure.wants_sign_in())
    });
    find(form, ".trouble").map(|trouble| focus(&trouble));
}

/// Removes the error of a field when its value changes.
pub fn clear_field(event: &web_sys::Event) {
    let Some(field) = around(event, ".field") else {
        return;
    };
    let _ = field.remove_attribute("aria-invalid");
    each(&field, "[aria-invalid]", |input| {
        drop(input.remove_attribute("aria-invalid"))
    });
    each(&field, ".field-error", clear_line);
}

/// Removes a sentence. Hiding it is not enough, because a screen reader reads a description even if
/// it is hidden.
fn clear_line(line: &HtmlElement) {
    line.set_hidden(true);
    sentence_of(line).set_text_content(None);
}

fn sentence_of(line: &HtmlElement) -> Element {
    line.query_selector("span")
        .ok()
        .flatten()
        .unwrap_or_else(|| line.clone().unchecked_into())
}

fn focus(element: &HtmlElement) -> bool {
    element.focus().is_ok() && element.matches(":focus").unwrap_or(false)
}

fn find(form: &HtmlFormElement, selector: &str) -> Option<HtmlElement> {
    form.query_selector(selector)
        .ok()
        .flatten()?
        .dyn_into()
        .ok()
}

fn each(form: &Element, selector: &str, mut act: impl FnMut(&HtmlElement)) {
    let Ok(found) = form.query_selector_all(selector) else {
        return;
    };
    for n in 0..found.length() {
        if let Some(element) = found
            .get(n)
            .and_then(|node| node.dyn_into::<HtmlElement>().ok())
        {
            act(&element);
        }
    }
}
