//! The dialog that creates a key: the form that the server rendered, then the key itself, once.

use leptos::prelude::*;
use leptos::{ev, html, web_sys};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlFormElement;

use self::reveal::reveal_dialog;
use super::browser::{
    Failure, around, attribute, by_id, dialog, focus_first, go_to, is_plain, refresh, send, text,
};
use super::dialog::close;
use super::{copying, field_errors};
use crate::words;

mod form;
mod reveal;

/// The dialog with the new key.
const REVEAL: &str = "#reveal";

/// The key, while it is shown.
#[derive(Clone)]
struct CreatedKeyState {
    key: String,
    key_id: String,
    label: String,
}

/// The data of the link that opened the dialog.
#[derive(Clone, Default)]
struct Opening {
    list: String,
    url: String,
}

/// Lets every link `a[data-create]` of the page open the dialog `#create`, and shows the new key.
#[island]
pub fn CreateDialog() -> impl IntoView {
    let dialogs = Dialogs::new();
    if cfg!(feature = "hydrate") {
        dialogs.listen();
    }
    view! {
        {reveal_dialog(dialogs)}
        {copying::guard(dialogs.guard, move || dialogs.stay(), move || dialogs.leave())}
    }
}

/// The dialogs from the empty form to the copied key, and their state.
#[derive(Clone, Copy)]
struct Dialogs {
    /// The dialog that shows the key.
    reveal: NodeRef<html::Dialog>,
    /// The dialog that asks before the key is lost.
    guard: NodeRef<html::Dialog>,
    opening: RwSignal<Opening>,
    shown: RwSignal<Option<CreatedKeyState>>,
    /// Whether the form waits for its response.
    busy: RwSignal<bool>,
}

impl Dialogs {
    fn new() -> Self {
        Self {
            reveal: NodeRef::new(),
            guard: NodeRef::new(),
            opening: RwSignal::new(Opening::default()),
            shown: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    /// Handles the events of the link and the form, which the island did not render.
    fn listen(self) {
        window_event_listener(ev::click, move |event| self.open(&event));
        window_event_listener(ev::submit, move |event| self.submit(&event));
        window_event_listener(ev::input, |event| {
            if let Some(form) = form::of_event(&event) {
                form::picked(&form, &event);
                form::update_hints(&form);
                field_errors::clear_field(&event);
            }
        });
        copying::listen();
    }

    /// Opens the dialog with an empty form.
    fn open(self, event: &ev::MouseEvent) {
        let Some(link) = around(event, "a[data-create]").filter(|_| is_plain(event)) else {
            return;
        };
        let Some((dialog, form)) = dialog("create").zip(form::find()) else {
            return;
        };
        event.prevent_default();
        self.opening.set(Opening {
            list: attribute(&link, "data-create"),
            url: attribute(&link, "data-url"),
        });
        form.reset();
        field_errors::clear(&form);
        form::update_hints(&form);
        let _ = dialog.show_modal();
        if let Some(name) = by_id("name") {
            let _ = name.focus();
        }
    }

    /// Sends the form, once at a time.
    fn submit(self, event: &ev::SubmitEvent) {
        let Some(form) = form::of_event(event) else {
            return;
        };
        event.prevent_default();
        if self.busy.get_untracked() {
            return;
        }
        field_errors::clear(&form);
        let missing = form::missing(&form);
        if !missing.fields.is_empty() {
            return field_errors::show(&form, &missing);
        }
        self.wait(true);
        spawn_local(async move {
            match send(&form, words::create_key::NO_ANSWER).await {
                Ok(new) => self.created(&new),
                Err(refused) => self.refused(&form, &refused),
            }
        });
    }

    fn wait(self, busy: bool) {
        self.busy.set(busy);
        form::wait(busy);
    }

    fn created(self, new: &JsValue) {
        let to = text(new, "to");
        if !to.is_empty() {
            // The form was already submitted: go to the key that it created.
            return go_to(&to);
        }
        self.shown.set(Some(CreatedKeyState {
            key: text(new, "key"),
            key_id: text(new, "key_id"),
            label: text(new, "label"),
        }));
        // Only after the form is closed: a second press before that would create a second key.
        request_animation_frame(move || {
            self.show_key();
            self.wait(false);
        });
    }

    fn refused(self, form: &HtmlFormElement, failure: &Failure) {
        if !failure.confirm_at.is_empty() {
            return go_to(&failure.confirm_at);
        }
        field_errors::show(form, failure);
        self.wait(false);
    }

    /// Replaces the form by the key.
    fn show_key(self) {
        if let Some(form) = dialog("create") {
            form.close();
        }
        if let Some(reveal) = self.reveal.get_untracked() {
            let _ = reveal.show_modal();
        }
        copying::focus_secret(REVEAL);
    }

    /// Closes the dialog, but asks first if the key would be lost.
    fn close(self) {
        if copying::unsaved(REVEAL) {
            copying::ask(self.guard);
        } else {
            close(self.reveal);
        }
    }

    /// Copies the key unless it is copied, and closes the dialog. It stays if the browser refuses.
    fn finish(self) {
        spawn_local(async move {
            if copying::copy_secret(REVEAL).await {
                close(self.reveal);
            }
        });
    }

    /// The Escape key closes the dialog too, and must ask first as well.
    fn cancel(self, event: &ev::Event) {
        if copying::unsaved(REVEAL) {
            event.prevent_default();
            self.close();
        }
    }

    /// Returns from the question to the key.
    fn stay(self) {
        close(self.guard);
        copying::focus_secret(REVEAL);
    }

    /// Closes the dialog although the key was not copied.
    fn leave(self) {
        copying::give_up(REVEAL);
        self.stay();
        self.close();
    }

    /// Removes the key. It is shown once: after the dialog closes, by whatever means, the page no
    /// longer contains it. The list then has the key. It has all of them without a filter, so that
    /// the new one is among them.
    fn closed(self) {
        if self.shown.get_untracked().is_none() {
            return;
        }
        self.shown.set(None);
        let list = self
            .opening
            .with_untracked(|opening| opening.list.clone());
        let here = window().location();
        let is_filtered = here.search().is_ok_and(|query| !query.is_empty());
        if here.pathname().as_ref() != Ok(&list) || is_filtered {
            return go_to(&list);
        }
        spawn_local(async {
            refresh().await;
            focus_first();
        });
    }
}
