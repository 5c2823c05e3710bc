//! Opens the page of a link `a[data-dialog]`, or of a form that asks for a page, as a dialog over
//! the page that has the link. Without script it opens by itself.
//!
//! The server renders the form, its errors and its result either way, so a form has one markup.
//! After a form has succeeded, the page below is loaded again at its own address, with its filters
//! and its position. With `data-dialog="go"` the browser goes to the page that the form leads to.

use leptos::prelude::*;
use leptos::{ev, html, web_sys};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, HtmlFormElement};

use super::browser::{
    Failure, FormResponse, all, around, attribute, encoded, go_to, is_plain, leave_menu, load_page,
    part_of, pressed_backdrop, reload, send_for_page,
};
use super::changes::has_changed;
use super::copying;
use super::dialog::{close, close_button};
use super::page_help::{mark_stale_later, reset, wait};
use super::trouble;
use crate::words;

/// The dialog with the page.
const PAGE: &str = "#page-dialog";
/// The content of a page that a dialog can show.
const SHEET: &str = ".main > .sheet";
/// What takes the focus: what the server chose, a key to copy, the way back from a form that ends
/// something, the first field.
const FOCUS: [&str; 5] = [
    "[autofocus]",
    ".copy",
    "form:has(.button.danger) .sheet-foot a.button",
    ".sheet-body :is(input:not([type=hidden], [type=radio]:not(:checked)), select, textarea)",
    ".sheet-foot .button",
];

/// Lets every link `a[data-dialog]` of the page open a dialog.
#[island]
pub fn PageDialog() -> impl IntoView {
    let dialogs = Dialogs::new();
    if cfg!(feature = "hydrate") {
        dialogs.listen();
    }
    view! {
        <dialog
            class="dialog"
            id="page-dialog"
            node_ref=dialogs.page
            aria-labelledby="dialog-title"
            on:close=move |_| dialogs.closed()
            on:cancel=move |event: ev::Event| dialogs.cancel(&event)
            on:keydown=move |event| copying::escape(&event, PAGE, dialogs.guard)
            on:mousedown=move |event| dialogs.press(&event)
        >
            <div class="dialog-close">{close_button(move || dialogs.close())}</div>
            {trouble(words::NOT_DONE, dialogs.failure)}
            <div node_ref=dialogs.content></div>
        </dialog>
        {copying::guard(dialogs.guard, move || dialogs.stay(), move || dialogs.leave())}
    }
}

/// The dialog with the page, and the question before a secret in it is lost.
#[derive(Clone, Copy)]
struct Dialogs {
    page: NodeRef<html::Dialog>,
    content: NodeRef<html::Div>,
    guard: NodeRef<html::Dialog>,
    failure: RwSignal<Option<Failure>>,
    /// Whether a page or a response is loading.
    busy: RwSignal<bool>,
    /// Whether the browser goes to the page that the form leads to.
    follows: RwSignal<bool>,
    /// Whether a form succeeded, so that the page below is out of date.
    changed: RwSignal<bool>,
}

impl Dialogs {
    fn new() -> Self {
        Self {
            page: NodeRef::new(),
            content: NodeRef::new(),
            guard: NodeRef::new(),
            failure: RwSignal::new(None),
            busy: RwSignal::new(false),
            follows: RwSignal::new(false),
            changed: RwSignal::new(false),
        }
    }

    fn listen(self) {
        window_event_listener(ev::click, move |event| self.click(&event));
        window_event_listener(ev::submit, move |event| self.submit(&event));
        copying::listen();
    }

    /// A link that opens the dialog, or the way back in its footer.
    fn click(self, event: &ev::MouseEvent) {
        if !is_plain(event) {
            return;
        }
        if let Some(link) = around(event, "a[data-dialog]") {
            event.prevent_default();
            if let Some(menu) = around(event, ".menu[open]") {
                leave_menu(&menu);
            }
            self.open(
                attribute(&link, "href"),
                attribute(&link, "data-dialog") == "go",
            );
        } else if self.has(event) && around(event, ".sheet-foot a.button").is_some() {
            event.prevent_default();
            self.close();
        }
    }

    /// Whether an event happened in the page that is shown.
    fn has(self, event: &web_sys::Event) -> bool {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        self.content
            .get_untracked()
            .zip(target)
            .is_some_and(|(content, target)| content.contains(Some(&target)))
    }

    /// Loads a page, and shows it. A page that has no sheet opens by itself. `follows` tells
    /// whether the browser goes to the page that its form leads to.
    fn open(self, path: String, follows: bool) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.follows.set(follows);
        spawn_local(async move {
            let page = load_page(&path).await.ok();
            let is_shown = page.is_some_and(|page| self.show(&page));
            self.busy.set(false);
            if !is_shown {
                go_to(&path);
            }
        });
    }

    /// Shows the sheet of a page. Returns whether it has one.
    fn show(self, page: &str) -> bool {
        let Some(sheet) = part_of(page, SHEET) else {
            return false;
        };
        let (Some(content), Some(dialog)) = (
            self.content.get_untracked(),
            self.page.get_untracked(),
        ) else {
            return false;
        };
        if let Ok(Some(title)) = sheet.query_selector("h1") {
            title.set_id("dialog-title");
        }
        // A page without live updates would wait for the first request forever.
        if all("[data-live]").is_empty()
            && let Ok(Some(waiting)) = sheet.query_selector("#first-request")
        {
            waiting.remove();
        }
        self.failure.set(None);
        content.replace_children_with_node_1(&sheet);
        if !dialog.open() {
            let _ = dialog.show_modal();
        }
        mark_stale_later();
        let first = FOCUS
            .into_iter()
            .find_map(|selector| content.query_selector(selector).ok().flatten());
        if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
            let _ = first.focus();
        }
        true
    }

    /// Sends a form of the page, once at a time. A form that asks for a page opens it.
    fn submit(self, event: &ev::SubmitEvent) {
        let Some(form) = event
            .target()
            .and_then(|form| form.dyn_into::<HtmlFormElement>().ok())
        else {
            return;
        };
        if form.has_attribute("data-dialog")
            && let Ok(fields) = encoded(&form)
        {
            event.prevent_default();
            let path = format!(
                "{}?{}",
                attribute(&form, "action"),
                String::from(fields.to_string())
            );
            return self.open(path, false);
        }
        // A search has a handler of its own.
        if !self.has(event) || form.has_attribute("data-find") {
            return;
        }
        event.prevent_default();
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        wait(&form, true);
        spawn_local(async move {
            let response = send_for_page(&form).await;
            self.busy.set(false);
            reset(&form);
            match response {
                Ok(FormResponse::Done { to }) => self.done(&to),
                Ok(FormResponse::Confirm { at }) => go_to(&at),
                Ok(FormResponse::Page { page, is_success }) => {
                    if is_success {
                        self.changed.set(true);
                        // A prefetched page would not show the message that is waiting for it.
                        all("script[type=speculationrules]")
                            .iter()
                            .for_each(Element::remove);
                    }
                    if !self.show(&page) {
                        self.failure
                            .set(Some(Failure::of(words::problems::MAYBE_DONE)));
                    }
                }
                Err(failure) => self.failure.set(Some(failure)),
            }
        });
    }

    fn done(self, to: &str) {
        if self.follows.get_untracked() {
            go_to(to);
        } else {
            reload();
        }
    }

    /// Closes the dialog, but asks first if a secret would be lost.
    fn close(self) {
        if copying::unsaved(PAGE) {
            copying::ask(self.guard);
        } else {
            close(self.page);
        }
    }

    /// The Escape key closes the dialog too, and must ask first as well.
    fn cancel(self, event: &ev::Event) {
        if copying::unsaved(PAGE) {
            event.prevent_default();
            self.close();
        }
    }

    /// A press beside the dialog closes it, unless something was typed or chosen.
    fn press(self, event: &ev::MouseEvent) {
        let is_empty = self
            .content
            .get_untracked()
            .is_none_or(|content| !has_changed(&content));
        if pressed_backdrop(event).is_some() && is_empty {
            self.close();
        }
    }

    /// Returns from the question to the secret.
    fn stay(self) {
        close(self.guard);
        copying::focus_secret(PAGE);
    }

    /// Closes the dialog although the secret was not copied.
    fn leave(self) {
        copying::give_up(PAGE);
        close(self.guard);
        close(self.page);
    }

    /// Removes the page, which may contain a secret. The page below shows what has changed.
    fn closed(self) {
        // Whatever closed it, a secret is lost only if the person chose so.
        if copying::unsaved(PAGE) {
            if let Some(dialog) = self.page.get_untracked() {
                let _ = dialog.show_modal();
            }
            return copying::ask(self.guard);
        }
        if let Some(content) = self.content.get_untracked() {
            content.replace_children_with_node_0();
        }
        self.failure.set(None);
        if self.changed.get_untracked() {
            reload();
        }
    }
}
