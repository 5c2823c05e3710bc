//! Searching a list while the person types. Enter submits the form as without script.

use std::cell::RefCell;
use std::time::Duration;

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlElement, HtmlFormElement, HtmlInputElement};

use super::browser::{all, around, attribute, load_page, part_of, send, text};
use super::rows;

/// The pause after the last change before the search begins.
const PAUSE: Duration = Duration::from_millis(150);
/// The parts of the page or the dialog that depend on the search.
const PARTS: [&str; 2] = ["#narrow", "#found"];
/// What the arrow keys move through in a search of everything.
const RESULTS: &str = "#q, .search-results a";
/// What the list was last searched for.
const SHOWN: &str = "data-shown";

/// Handles the search of the page or of a dialog.
pub fn listen() {
    let find = RefCell::new(debounce(PAUSE, |search| spawn_local(find(search))));
    window_event_listener(ev::input, move |event| {
        if let Some(search) = Search::of(&event)
            && search.part(PARTS[1]).is_some()
            && let Ok(mut find) = find.try_borrow_mut()
        {
            find(search);
        }
    });
    window_event_listener(ev::submit, |event| {
        if let Some(search) = Search::of(&event) {
            search.shorten();
            if search.is_finder() {
                event.prevent_default();
                search.open_first();
            } else if search.is_shown() {
                event.prevent_default();
            }
        }
    });
    window_event_listener(ev::keydown, |event| {
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        if let Some(finder) = around(&event, ".search-all") {
            event.prevent_default();
            move_focus(&finder, step);
        }
    });
}

/// The form of a search, with its field.
#[derive(Clone)]
struct Search {
    form: HtmlFormElement,
    field: HtmlInputElement,
}

impl Search {
    /// The search that an event happened in.
    fn of(event: &Event) -> Option<Self> {
        let form: HtmlFormElement = around(event, "form[data-find]")?
            .dyn_into()
            .ok()?;
        let field = form
            .query_selector("#q")
            .ok()
            .flatten()?
            .dyn_into()
            .ok()?;
        Some(Self { form, field })
    }

    /// The dialog that the form is in, or else the page.
    fn scope(&self) -> Option<Element> {
        let dialog = self.form.closest("dialog").ok().flatten();
        dialog.or_else(|| document().document_element())
    }

    fn part(&self, selector: &str) -> Option<Element> {
        self.scope()?
            .query_selector(selector)
            .ok()
            .flatten()
    }

    /// Whether it searches everything, so that it has links instead of a list.
    fn is_finder(&self) -> bool {
        self.form
            .closest(".search-all")
            .is_ok_and(|finder| finder.is_some())
    }

    /// Whether the list of the typed text is there already.
    fn is_shown(&self) -> bool {
        self.form.get_attribute(SHOWN).as_deref() == Some(&self.field.value())
    }

    /// Opens the first result, as soon as it is there.
    fn open_first(self) {
        spawn_local(async move {
            if !self.is_shown() {
                find(self.clone()).await;
            }
            // Without a response, the form leads to the page of the search.
            if !self.is_shown() {
                return drop(self.form.submit());
            }
            let first = self
                .part(".search-results a")
                .and_then(|first| first.dyn_into::<HtmlElement>().ok());
            if let Some(first) = first {
                first.click();
            }
        });
    }

    /// Reduces a whole key to its public part, so that the browser does not send the secret.
    fn shorten(&self) {
        let typed = self.field.value();
        let public = domain::token::public_part(&typed);
        if public != typed.trim() {
            self.field.set_value(public);
        }
    }

    /// Replaces the parts that depend on the search by those of another page. `None` if it has other
    /// parts, such as the page to sign in again.
    fn show(&self, page: &str) -> Option<()> {
        for selector in PARTS {
            let (old, new) = self.part(selector).zip(part_of(page, selector))?;
            old.set_inner_html(&new.inner_html());
        }
        Some(())
    }
}

/// Shows what a search finds, unless the text has changed again before the response.
async fn find(search: Search) {
    search.shorten();
    let typed = search.field.value();
    let Ok(answer) = send(&search.form, "").await else {
        return;
    };
    let to = text(&answer, "to");
    let Ok(page) = load_page(&to).await else {
        return;
    };
    if search.field.value() != typed || search.show(&page).is_none() {
        return;
    }
    let _ = search.form.set_attribute(SHOWN, &typed);
    // The address is that of the page, not of the dialog.
    if search
        .form
        .closest("dialog")
        .is_ok_and(|dialog| dialog.is_some())
    {
        return;
    }
    // Without a new entry in the history.
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&to));
    }
    // The link to reload the list leads to the same search.
    if let Some(line) = all(".news").first() {
        let here = part_of(&page, ".news").map(|line| attribute(&line, "data-here"));
        let _ = line.set_attribute("data-here", &here.unwrap_or_default());
    }
    rows::count();
}

/// Moves the focus from the field to the results and back.
fn move_focus(finder: &Element, step: isize) {
    let Ok(found) = finder.query_selector_all(RESULTS) else {
        return;
    };
    let all: Vec<HtmlElement> = (0..found.length())
        .filter_map(|n| found.get(n)?.dyn_into().ok())
        .collect();
    let here = document().active_element();
    let here = all
        .iter()
        .position(|one| here.as_ref() == Some(one.as_ref()));
    let next = here.map_or(Some(0), |here| here.checked_add_signed(step));
    if let Some(next) = next.and_then(|next| all.get(next)) {
        let _ = next.focus();
    }
}
