//! The dialog that makes a key: its name first, then the key itself, once.

use leptos::prelude::*;
use leptos::{ev, html, web_sys};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use super::browser::{Failure, around, attribute, hit_itself, is_plain, send, text};
use super::{copying, trouble};
use crate::bits::{field_error, icon, name_hint, revealed};
use crate::words;

/// What the link that opens the dialog says.
#[derive(Clone, Default)]
struct Opening {
    organization: String,
    acts_as: String,
    url: String,
    page: String,
}

/// The key, while it is shown.
#[derive(Clone)]
struct Shown {
    key: String,
    label: String,
}

/// Turns every link `a[data-create]` of the page into this dialog (RK-08..RK-13).
#[island]
pub fn CreateDialog() -> impl IntoView {
    let (dialog, guard) = (NodeRef::<html::Dialog>::new(), NodeRef::<html::Dialog>::new());
    let (form, name) = (NodeRef::<html::Form>::new(), NodeRef::<html::Input>::new());
    let opening = RwSignal::new(Opening::default());
    let shown = RwSignal::new(None::<Shown>);
    let failure = RwSignal::new(None::<Failure>);
    let (busy, taken, copied) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let unsaved = move || shown.with_untracked(Option::is_some) && !copied.get_untracked();

    let open = move |event: ev::MouseEvent| {
        let Some(link) = around(&event, "a[data-create]").filter(|_| is_plain(&event)) else { return };
        event.prevent_default();
        opening.set(Opening {
            organization: attribute(&link, "data-create"),
            acts_as: attribute(&link, "data-acts-as"),
            url: attribute(&link, "data-url"),
            page: attribute(&link, "href"),
        });
        if let (Some(dialog), Some(name)) = (dialog.get_untracked(), name.get_untracked()) {
            let _ = dialog.show_modal();
            let _ = name.focus();
        }
    };
    if cfg!(feature = "hydrate") {
        window_event_listener(ev::click, open);
        copying::listen(move || copied.set(true));
        copying::guard_leaving(unsaved);
    }

    let generate = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(form) = form.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        busy.set(true);
        failure.set(None);
        spawn_local(async move {
            match send(&form, words::NO_ANSWER_TO_CREATE).await {
                Ok(new) => {
                    shown.set(Some(Shown { key: text(&new, "key"), label: text(&new, "label") }));
                    request_animation_frame(move || focus_copy(dialog));
                }
                Err(refused) => {
                    failure.set(Some(refused));
                    if let Some(name) = name.get_untracked() {
                        let _ = name.focus();
                    }
                }
            }
            busy.set(false);
        });
    };
    let close = move || {
        let asked = if unsaved() { guard } else { dialog };
        match (asked.get_untracked(), unsaved()) {
            (Some(guard), true) => {
                let _ = guard.show_modal();
                focus(guard, ".primary");
            }
            (Some(dialog), false) => dialog.close(),
            (None, _) => {}
        }
    };
    let stay = move || {
        if let Some(guard) = guard.get_untracked() {
            guard.close();
        }
        focus_copy(dialog);
    };
    let leave = move || {
        copied.set(true);
        stay();
        close();
    };
    // However the dialog was closed: from here on the key is nowhere in the page (RK-13, KE-20).
    let closed = move || {
        let gone = shown.get_untracked();
        shown.set(None);
        copied.set(false);
        failure.set(None);
        taken.set(false);
        if let Some(form) = form.get_untracked() {
            form.reset();
        }
        if gone.is_some() {
            let list = opening.with_untracked(|opening| opening.page.trim_end_matches("/new").to_owned());
            let _ = window().location().assign(&list);
        }
    };
    let check_name = move || {
        let typed = name.get_untracked().map(|name| name.value()).unwrap_or_default();
        taken.set(is_taken(typed.trim()));
    };
    let fault = move || failure.with(|failure| failure.as_ref().and_then(|failure| failure.field("name")));

    view! {
        <dialog
            class="dialog"
            class:large=move || shown.with(Option::is_some)
            node_ref=dialog
            aria-labelledby=move || if shown.with(Option::is_some) { "reveal-title" } else { "create-title" }
            on:close=move |_| closed()
            on:cancel=move |event: ev::Event| {
                if unsaved() {
                    event.prevent_default();
                    close();
                }
            }
            on:mousedown=move |event| {
                if hit_itself(&event) {
                    close();
                }
            }
        >
            <form class="sheet" method="post" action="/ui/create_key" node_ref=form hidden=move || shown.with(Option::is_some) on:submit=generate>
                <input type="hidden" name="page" value=move || opening.with(|opening| opening.page.clone())/>
                <input type="hidden" name="organization" value=move || opening.with(|opening| opening.organization.clone())/>
                <div class="sheet-head"><h2 id="create-title">{words::CREATE_KEY}</h2>{close_button(close)}</div>
                <div class="sheet-body">
                    {trouble(words::NOT_CREATED, failure)}
                    <div class="field">
                        <label for="name">"Name"</label>
                        <input
                            class="input" id="name" name="name" required autocomplete="off" placeholder=words::NAME_SAMPLES[0] dir="auto"
                            aria-describedby="name-error name-taken name-hint"
                            aria-invalid=move || fault().map(|_| "true")
                            node_ref=name
                            on:input=move |_| check_name()
                        />
                        {move || fault().map(|fault| field_error("name-error", fault))}
                        <p class="hint" id="name-taken" role="status">{move || taken.get().then_some(words::NAME_TAKEN)}</p>
                        {name_hint()}
                    </div>
                </div>
                <div class="sheet-foot">
                    <p class="push">{move || opening.with(|opening| opening.acts_as.clone())}</p>
                    <button class="button" type="button" on:click=move |_| close()>{words::CANCEL}</button>
                    <button class="button primary" aria-disabled=move || busy.get().then_some("true")>
                        {move || if busy.get() { words::GENERATING } else { words::GENERATE }}
                    </button>
                </div>
            </form>
            {move || shown.get().map(|new| {
                let url = opening.with_untracked(|opening| opening.url.clone());
                view! {
                    <div class="sheet">
                        <div class="sheet-head"><h2 id="reveal-title">{words::REVEAL_TITLE}</h2>{close_button(close)}</div>
                        {revealed(&new.key, &new.label, &url)}
                        <div class="sheet-foot"><button class="button" type="button" on:click=move |_| close()>{words::DONE}</button></div>
                    </div>
                }
            })}
        </dialog>
        <dialog class="dialog small" aria-labelledby="guard-title" aria-describedby="guard-text" node_ref=guard>
            <div class="sheet">
                <div class="sheet-head"><h2 id="guard-title">{words::GUARD_TITLE}</h2></div>
                <div class="sheet-body"><p id="guard-text">{words::GUARD_TEXT}</p></div>
                <div class="sheet-foot">
                    <button class="button" type="button" on:click=move |_| leave()>{words::GUARD_LEAVE}</button>
                    <button class="button primary" type="button" on:click=move |_| stay()>{words::GUARD_STAY}</button>
                </div>
            </div>
        </dialog>
    }
}

/// The cross of a dialog.
pub(super) fn close_button(close: impl Fn() + 'static) -> impl IntoView {
    view! { <button class="icon-button" type="button" aria-label=words::CLOSE on:click=move |_| close()>{icon("close")}</button> }
}

fn focus_copy(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        focus(dialog, ".copy");
    }
}

fn focus(dialog: web_sys::HtmlDialogElement, selector: &str) {
    let found = dialog.query_selector(selector).ok().flatten();
    if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// Whether a key in the list bears the name (decision D24: a hint, no refusal).
fn is_taken(name: &str) -> bool {
    let Ok(links) = document().query_selector_all("a[data-revoke]") else { return false };
    let links = (0..links.length()).filter_map(|n| links.get(n)?.dyn_into::<web_sys::Element>().ok());
    links.into_iter().any(|link| attribute(&link, "data-name") == name)
}
