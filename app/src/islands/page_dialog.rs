//! Opens the page of a link `a[data-dialog]`, or of a form that asks for a page, as a dialog over
//! the page that has the link. Without script it opens by itself.
//!
//! The server renders the form, its errors and its result either way, so a form has one markup.
//! After a form has succeeded, the page below shows what has changed, with its filters and its
//! position. With `data-dialog="go"` the browser goes to the page that the form leads to.

use leptos::prelude::*;
use leptos::{ev, html, web_sys};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement};

use super::browser::{
    Failure, FormResponse, all, around, attribute, encoded, focus_first, go_to, is_plain,
    leave_menu, load_page, part_of, pressed_backdrop, refresh, remember_row, send_for_page,
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
            {move || dialogs.lost.get().map(lost_page)}
            <div node_ref=dialogs.content></div>
        </dialog>
        {copying::guard(dialogs.guard, move || dialogs.stay(), move || dialogs.leave())}
    }
}

/// What the dialog shows in place of a page that did not arrive: the link to it.
fn lost_page(path: String) -> impl IntoView {
    view! {
        <div class="sheet">
            <div class="sheet-head"><h2 id="dialog-title">{words::problems::NO_ANSWER}</h2></div>
            <div class="sheet-body"><p role="alert">{words::problems::PAGE_IS_LOST}</p></div>
            <div class="sheet-foot"><a class="button" href=path>{words::keys::OPEN_PAGE}</a></div>
        </div>
    }
}

/// The dialog with the page, and the question before a secret in it is lost.
#[derive(Clone, Copy)]
struct Dialogs {
    page: NodeRef<html::Dialog>,
    content: NodeRef<html::Div>,
    guard: NodeRef<html::Dialog>,
    failure: RwSignal<Option<Failure>>,
    /// The path of a page that did not arrive.
    lost: RwSignal<Option<String>>,
    /// The path of the page that is loading; empty without one.
    expected: RwSignal<String>,
    /// Whether the form that is shown waits for its response.
    busy: RwSignal<bool>,
    /// How many forms have been sent or left. The response to a form that was left is not shown.
    turn: RwSignal<u32>,
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
            lost: RwSignal::new(None),
            expected: RwSignal::new(String::new()),
            turn: RwSignal::new(0),
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
            remember_row(event);
            self.open(
                attribute(&link, "href"),
                attribute(&link, "data-dialog") == "go",
            );
        } else if self.has(event)
            && let Some(back) = around(event, ".sheet-foot a.button")
        {
            event.prevent_default();
            if back.has_attribute("data-finish") {
                self.finish();
            } else {
                self.close();
            }
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
    /// whether the browser goes to the page that its form leads to. While the page is loading,
    /// another link opens another page.
    fn open(self, path: String, follows: bool) {
        let is_expected = move |path: &String| self.expected.with_untracked(|one| one == path);
        if self.busy.get_untracked() || is_expected(&path) {
            return;
        }
        self.expected.set(path.clone());
        spawn_local(async move {
            let page = load_page(&path).await;
            if !is_expected(&path) {
                return;
            }
            self.expected.set(String::new());
            self.follows.set(follows);
            match page {
                Ok(page) if self.show(&page) => {}
                Err(error) if !error.is_string() => self.show_lost(path),
                _ => go_to(&path),
            }
        });
    }

    /// Says that a page did not arrive, and offers the link to it.
    fn show_lost(self, path: String) {
        self.lost.set(Some(path));
        if let Some(content) = self.content.get_untracked() {
            content.replace_children_with_node_0();
        }
        self.show_dialog();
    }

    fn show_dialog(self) {
        if let Some(dialog) = self.page.get_untracked()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    }

    /// Shows the sheet of a page. Returns whether it has one.
    fn show(self, page: &str) -> bool {
        let Some(sheet) = part_of(page, SHEET) else {
            return false;
        };
        let Some(content) = self.content.get_untracked() else {
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
        self.lost.set(None);
        content.replace_children_with_node_1(&sheet);
        self.show_dialog();
        mark_stale_later();
        let first = FOCUS
            .into_iter()
            .find_map(|selector| content.query_selector(selector).ok().flatten());
        if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
            let _ = first.focus();
            // Typing replaces what the field contains.
            if let Ok(field) = first.dyn_into::<HtmlInputElement>() {
                field.select();
            }
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
            remember_row(event);
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
        let turn = self.next_turn();
        spawn_local(async move {
            let response = send_for_page(&form).await;
            if !matches!(response, Ok(FormResponse::Done { .. })) {
                reset(&form);
            }
            self.answered(response, turn == self.turn.get_untracked());
        });
    }

    fn next_turn(self) -> u32 {
        self.turn
            .update(|turn| *turn = turn.wrapping_add(1));
        self.turn.get_untracked()
    }

    /// Handles the response to a form. If the person has left the form, only what has changed and
    /// a secret still matter.
    fn answered(self, response: Result<FormResponse, Failure>, is_waiting: bool) {
        if is_waiting {
            self.busy.set(false);
        }
        match response {
            Ok(FormResponse::Done { to }) if is_waiting => self.done(&to),
            Ok(FormResponse::Done { .. }) => spawn_local(refresh()),
            Ok(FormResponse::Confirm { at }) if is_waiting => go_to(&at),
            Ok(FormResponse::Page { page, is_success }) if is_waiting || is_success => {
                self.answered_with_page(&page, is_success);
            }
            Err(failure) if is_waiting => self.failure.set(Some(failure)),
            _ => {}
        }
    }

    fn answered_with_page(self, page: &str, is_success: bool) {
        if is_success {
            self.changed.set(true);
            // A prefetched page would not show the message that is waiting for it.
            all("script[type=speculationrules]")
                .iter()
                .for_each(Element::remove);
        }
        if !self.show(page) {
            self.failure
                .set(Some(Failure::of(words::problems::MAYBE_DONE)));
        }
        if is_success {
            copying::copy_as_promised(PAGE);
        }
    }

    fn done(self, to: &str) {
        if self.follows.get_untracked() {
            return go_to(to);
        }
        self.busy.set(true);
        spawn_local(async move {
            refresh().await;
            close(self.page);
            focus_first();
        });
    }

    /// Closes the dialog, but asks first if a secret would be lost.
    fn close(self) {
        if copying::unsaved(PAGE) {
            copying::ask(self.guard);
        } else {
            close(self.page);
        }
    }

    /// Copies the new key unless it is copied, and closes the dialog. It stays if the browser
    /// refuses.
    fn finish(self) {
        spawn_local(async move {
            if copying::copy_secret(PAGE).await {
                close(self.page);
            }
        });
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
        self.lost.set(None);
        // Its response may never come, and must not keep other pages from opening.
        self.next_turn();
        self.busy.set(false);
        if self.changed.get_untracked() {
            self.changed.set(false);
            spawn_local(async {
                refresh().await;
                focus_first();
            });
        }
    }
}
