//! The dialog that creates a key: the form that the server rendered, then the key itself, once.

use leptos::prelude::*;
use leptos::{ev, html, web_sys};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlDialogElement, HtmlFormElement, HtmlInputElement};

use super::browser::{
    all, around, attribute, by_id, dialog, go_to, is_plain, pressed_backdrop, send, text, wait_at,
};
use super::{copying, field_errors};
use crate::shared_view::{icon, revealed};
use crate::words;

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
    let (reveal, guard) = (
        NodeRef::<html::Dialog>::new(),
        NodeRef::<html::Dialog>::new(),
    );
    let opening = RwSignal::new(Opening::default());
    let shown = RwSignal::new(None::<CreatedKeyState>);
    let (busy, copied) = (RwSignal::new(false), RwSignal::new(false));
    let unsaved = move || shown.with_untracked(Option::is_some) && !copied.get_untracked();

    let open = move |event: ev::MouseEvent| {
        let Some(link) = around(&event, "a[data-create]").filter(|_| is_plain(&event)) else {
            return;
        };
        let Some((dialog, form)) = dialog("create").zip(form()) else {
            return;
        };
        event.prevent_default();
        opening.set(Opening {
            list: attribute(&link, "data-create"),
            url: attribute(&link, "data-url"),
        });
        form.reset();
        field_errors::clear(&form);
        update_hints(&form);
        let _ = dialog.show_modal();
        if let Some(name) = by_id("name") {
            let _ = name.focus();
        }
    };
    let stop_waiting = move || {
        busy.set(false);
        waiting(false);
    };
    let submit = move |event: ev::SubmitEvent| {
        let Some(form) = around(&event, "#create-form").and_then(|_| form()) else {
            return;
        };
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        waiting(true);
        field_errors::clear(&form);
        spawn_local(async move {
            match send(&form, words::create_key::NO_ANSWER).await {
                // The form was already submitted: go to the key that it created.
                Ok(new) if !text(&new, "to").is_empty() => go_to(&text(&new, "to")),
                Ok(new) => {
                    let (key, key_id) = (text(&new, "key"), text(&new, "key_id"));
                    shown.set(Some(CreatedKeyState {
                        key,
                        key_id,
                        label: text(&new, "label"),
                    }));
                    // Only after the form is closed: a second press before that would create a
                    // second key.
                    request_animation_frame(move || {
                        show_key(reveal);
                        stop_waiting();
                    });
                }
                Err(refused) if !refused.confirm_at.is_empty() => go_to(&refused.confirm_at),
                Err(refused) => {
                    field_errors::show(&form, &refused);
                    stop_waiting();
                }
            }
        });
    };
    if cfg!(feature = "hydrate") {
        window_event_listener(ev::click, open);
        window_event_listener(ev::submit, submit);
        window_event_listener(ev::input, |event| {
            if let Some(form) = around(&event, "#create-form").and_then(|_| form()) {
                update_hints(&form);
                field_errors::clear_field(&event);
            }
        });
        copying::listen(move || copied.set(true));
        copying::guard_leaving(unsaved);
    }

    let close = move || {
        let request = if unsaved() { guard } else { reveal };
        match (request.get_untracked(), unsaved()) {
            (Some(guard), true) => {
                let _ = guard.show_modal();
                focus(&guard, ".primary");
            }
            (Some(dialog), false) => dialog.close(),
            (None, _) => {}
        }
    };
    let stay = move || {
        if let Some(guard) = guard.get_untracked() {
            guard.close();
        }
        if let Some(reveal) = reveal.get_untracked() {
            focus(&reveal, ".copy");
        }
    };
    let leave = move || {
        copied.set(true);
        stay();
        close();
    };
    // A key is shown once: after the dialog closes, by whatever means, the page no longer contains
    // the key.
    let closed = move || {
        if shown.get_untracked().is_some() {
            shown.set(None);
            copied.set(false);
            let _ = window()
                .location()
                .assign(&opening.with_untracked(|opening| opening.list.clone()));
        }
    };

    view! {
        <dialog
            class="dialog large"
            node_ref=reveal
            aria-labelledby="reveal-title"
            aria-describedby="reveal-notice"
            on:close=move |_| closed()
            on:cancel=move |event: ev::Event| {
                if unsaved() {
                    event.prevent_default();
                    close();
                }
            }
            on:mousedown=move |event| {
                if pressed_backdrop(&event).is_some() {
                    close();
                }
            }
        >
            {move || shown.get().map(|new| {
                let url = opening.with_untracked(|opening| opening.url.clone());
                view! {
                    <div class="sheet">
                        <div class="sheet-head"><h2 id="reveal-title">{words::reveal_key::TITLE}</h2>{close_button(close)}</div>
                        {revealed(&new.key, &new.key_id, &new.label, &url)}
                        <div class="sheet-foot"><button class="button" type="button" on:click=move |_| close()>{words::DONE}</button></div>
                    </div>
                }
            })}
        </dialog>
        <dialog class="dialog small" aria-labelledby="guard-title" aria-describedby="guard-text" node_ref=guard>
            <div class="sheet">
                <div class="sheet-head"><h2 id="guard-title">{words::reveal_key::GUARD_TITLE}</h2></div>
                <div class="sheet-body"><p id="guard-text">{words::reveal_key::GUARD_TEXT}</p></div>
                <div class="sheet-foot">
                    <button class="button" type="button" on:click=move |_| leave()>{words::reveal_key::GUARD_LEAVE}</button>
                    <button class="button primary" type="button" on:click=move |_| stay()>{words::reveal_key::GUARD_STAY}</button>
                </div>
            </div>
        </dialog>
    }
}

/// The close button of a dialog.
pub(super) fn close_button(close: impl Fn() + 'static) -> impl IntoView {
    view! { <button class="icon-button" type="button" aria-label=words::CLOSE on:click=move |_| close()>{icon("close")}</button> }
}

fn form() -> Option<HtmlFormElement> {
    by_id("create-form")?.dyn_into().ok()
}

/// Replaces the form by the key.
fn show_key(reveal: NodeRef<html::Dialog>) {
    if let Some(form) = dialog("create") {
        form.close();
    }
    if let Some(reveal) = reveal.get_untracked() {
        let _ = reveal.show_modal();
        focus(&reveal, ".copy");
    }
}

fn waiting(busy: bool) {
    if let Some(button) = by_id("create-key-button") {
        wait_at(&button, busy);
    }
}

/// Updates the hints of the form: whether the name is taken, and how many scopes are selected.
fn update_hints(form: &HtmlFormElement) {
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

fn focus(dialog: &HtmlDialogElement, selector: &str) {
    let found = dialog.query_selector(selector).ok().flatten();
    if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// Whether a key in the list has the name. The form only warns, because names need not be unique.
fn is_taken(name: &str) -> bool {
    all("a[data-revoke]")
        .iter()
        .any(|link| attribute(link, "data-name") == name)
}
