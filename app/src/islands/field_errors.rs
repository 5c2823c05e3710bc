//! Faults of a form that the server drew: each is told at its field, and all of them above.

use leptos::web_sys;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement};

use super::browser::{Failure, around};
use crate::words;

/// Takes every fault away.
pub fn clear(form: &HtmlFormElement) {
    each(form, ".trouble, .again", |line| line.set_hidden(true));
    each(form, ".field-error", hush);
    each(form, "[aria-invalid]", |field| drop(field.remove_attribute("aria-invalid")));
}

/// Tells the faults, and puts the focus on the first field at fault, or on what is said above.
pub fn show(form: &HtmlFormElement, failure: &Failure) {
    clear(form);
    if let Some(title) = find(form, ".trouble h2") {
        title.set_text_content(Some(failure.title(words::create_key::FAILED)));
    }
    if let Some(lines) = find(form, ".trouble .lines") {
        lines.set_text_content(Some(&failure.lines().join(" ")));
    }
    each(form, ".trouble", |trouble| trouble.set_hidden(false));
    each(form, ".again", |link| link.set_hidden(!failure.wants_sign_in()));
    let mut first = None;
    for (field, sentence) in &failure.fields {
        if let Some(line) = find(form, &format!("#{field}-error")) {
            sentence_of(&line).set_text_content(Some(sentence));
            line.set_hidden(false);
        }
        let input = find(form, &format!("input[name={field}], input[aria-describedby~={field}-error]"));
        if let Some(input) = input.or_else(|| find(form, &format!("[aria-describedby~={field}-error]"))) {
            let _ = input.set_attribute("aria-invalid", "true");
            first.get_or_insert(input);
        }
    }
    // Not everything that can be at fault can have the focus: a date that is not asked for, a group of choices.
    if !first.is_some_and(|field| focus(&field)) {
        find(form, ".trouble").map(|trouble| focus(&trouble));
    }
}

/// Takes away what was said of a field, once it is changed.
pub fn mend(event: &web_sys::Event) {
    let Some(field) = around(event, ".field") else { return };
    let _ = field.remove_attribute("aria-invalid");
    each(&field, "[aria-invalid]", |input| drop(input.remove_attribute("aria-invalid")));
    each(&field, ".field-error", hush);
}

/// Takes a sentence away. Hidden is not enough: what describes a field is read out even then.
fn hush(line: &HtmlElement) {
    line.set_hidden(true);
    sentence_of(line).set_text_content(None);
}

fn sentence_of(line: &HtmlElement) -> Element {
    line.query_selector("span").ok().flatten().unwrap_or_else(|| line.clone().unchecked_into())
}

fn focus(element: &HtmlElement) -> bool {
    element.focus().is_ok() && element.matches(":focus").unwrap_or(false)
}

fn find(form: &HtmlFormElement, selector: &str) -> Option<HtmlElement> {
    form.query_selector(selector).ok().flatten()?.dyn_into().ok()
}

fn each(form: &Element, selector: &str, act: impl Fn(&HtmlElement)) {
    let Ok(found) = form.query_selector_all(selector) else { return };
    for n in 0..found.length() {
        if let Some(element) = found.get(n).and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
            act(&element);
        }
    }
}
