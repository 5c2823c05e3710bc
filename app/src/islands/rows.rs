//! Rows of a table: moving through them by keyboard, selecting them, and showing only those that
//! match a search.

use std::cell::RefCell;

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::browser::{all, around, attribute, by_id};
use crate::words;

/// The link of each row, which takes the focus.
const NAMES: &str = ".table tbody th a:not(.rename)";
/// The checkboxes of rows, and the one for all rows.
const PICKS: &str = "tbody .pick input";
const EVERY: &str = "thead .pick input";

thread_local! {
    /// The value of the checkbox that was pressed last, where a range begins.
    static BEGIN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Handles the tables of the page.
pub fn listen() {
    window_event_listener(ev::click, |event| {
        if around(&event, "#bulk-more").is_some() {
            select_every_page();
        }
        if let Some(pressed) = around(&event, PICKS).and_then(|one| one.dyn_into().ok()) {
            pick(&pressed, event.shift_key());
        }
    });
    window_event_listener(ev::mousedown, |event| {
        // It would select the text up to here as well.
        if event.shift_key() && around(&event, PICKS).is_some() {
            event.prevent_default();
        }
    });
    window_event_listener(ev::change, |event| {
        if let Some(every) =
            around(&event, EVERY).and_then(|box_| box_.dyn_into::<HtmlInputElement>().ok())
        {
            boxes()
                .iter()
                .for_each(|one| one.set_checked(every.checked()));
        }
        if around(&event, ".pick input").is_some() {
            count();
        }
    });
    window_event_listener(ev::input, |event| {
        if let Some(search) =
            around(&event, "[data-narrow]").and_then(|search| search.dyn_into().ok())
        {
            narrow(&search);
        }
    });
    window_event_listener(ev::reset, |event| {
        if let Some(form) = event
            .target()
            .and_then(|form| form.dyn_into::<Element>().ok())
        {
            rows_of(&form)
                .iter()
                .for_each(|row| row.set_hidden(false));
            // The fields are reset after this event.
            request_animation_frame(count);
        }
    });
    // A page that the browser restores keeps its selection.
    count();
}

/// Handles a key that moves through the rows (`j` and `k` anywhere, arrows in a table) or selects
/// one (`x`). Returns whether it did.
pub fn pressed(event: &ev::KeyboardEvent) -> bool {
    let row = around(event, ".table tbody tr");
    match event.key().as_str() {
        "j" => move_focus(row.as_ref(), 1),
        "k" => move_focus(row.as_ref(), -1),
        "ArrowDown" if row.is_some() => move_focus(row.as_ref(), 1),
        "ArrowUp" if row.is_some() => move_focus(row.as_ref(), -1),
        "x" => row
            .and_then(|row| row.query_selector(".pick input").ok()?)
            .is_some_and(click),
        _ => false,
    }
}

fn click(element: Element) -> bool {
    element
        .dyn_into::<HtmlElement>()
        .map(|element| element.click())
        .is_ok()
}

/// Moves the focus to the link of the next row, or to the first row.
fn move_focus(row: Option<&Element>, step: isize) -> bool {
    let names = all(NAMES);
    let here = names
        .iter()
        .position(|name| row.is_some_and(|row| row.contains(Some(name))));
    let next = here.map_or(Some(0), |here| here.checked_add_signed(step));
    let next = next
        .and_then(|next| names.get(next))
        .and_then(|name| name.dyn_ref::<HtmlElement>());
    next.is_some_and(|name| name.focus().is_ok())
}

fn boxes() -> Vec<HtmlInputElement> {
    all(PICKS)
        .into_iter()
        .filter_map(|one| one.dyn_into().ok())
        .collect()
}

/// Handles a press of a checkbox. With the Shift key, the rows from the last pressed one to this
/// one become what this one is.
fn pick(pressed: &HtmlInputElement, is_range: bool) {
    let begin = BEGIN.replace(pressed.value());
    let boxes = boxes();
    let at = |value: &str| boxes.iter().position(|one| one.value() == value);
    if is_range && let Some((from, to)) = at(&begin).zip(at(&pressed.value())) {
        for one in &boxes[from.min(to)..=from.max(to)] {
            one.set_checked(pressed.checked());
        }
    }
}

/// Shows how many rows are selected.
pub fn count() {
    let boxes = boxes();
    let chosen = boxes.iter().filter(|one| one.checked()).count();
    if let Some(label) = by_id("bulk-count") {
        let text = if chosen > 0 {
            words::keys::selected(chosen)
        } else {
            String::new()
        };
        label.set_text_content(Some(&text));
    }
    if let Some(every) = all(EVERY)
        .into_iter()
        .next()
        .and_then(|every| every.dyn_into::<HtmlInputElement>().ok())
    {
        every.set_checked(chosen > 0 && chosen == boxes.len());
        every.set_indeterminate(chosen > 0 && chosen < boxes.len());
    }
    let is_whole_page = chosen > 0 && chosen == boxes.len();
    set_every_page(false, is_whole_page);
}

/// Selects the keys of all pages, until a row is changed.
fn select_every_page() {
    let total = by_id("bulk-more").map(|more| attribute(&more, "data-total"));
    if let Some((label, total)) = by_id("bulk-count").zip(total) {
        label.set_text_content(Some(&words::keys::all_selected(&total)));
    }
    // The button is gone, so the focus moves to what is next.
    if let Some(revoke) = all("#bulk .danger")
        .first()
        .and_then(|revoke| revoke.dyn_ref::<HtmlElement>())
    {
        let _ = revoke.focus();
    }
    set_every_page(true, false);
}

/// Whether the form is about the keys of all pages, and whether it offers that.
fn set_every_page(is_chosen: bool, is_offered: bool) {
    if let Some(all) = by_id("bulk-all").and_then(|all| all.dyn_into::<HtmlInputElement>().ok()) {
        all.set_disabled(!is_chosen);
    }
    if let Some(more) = by_id("bulk-more") {
        more.set_hidden(!is_offered);
    }
}

/// Shows only the rows of the table below a search that contain its text.
fn narrow(search: &HtmlInputElement) {
    let Some(form) = search.closest("form").ok().flatten() else {
        return;
    };
    let wanted = search.value().trim().to_lowercase();
    for row in rows_of(&form) {
        let text = row
            .text_content()
            .unwrap_or_default()
            .to_lowercase();
        row.set_hidden(!text.contains(&wanted));
    }
}

fn rows_of(form: &Element) -> Vec<HtmlElement> {
    let Ok(found) = form.query_selector_all(".picks tbody tr") else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|n| found.get(n)?.dyn_into().ok())
        .collect()
}
