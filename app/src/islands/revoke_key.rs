//! The dialog that revokes a key after a confirmation.

use leptos::prelude::*;
use leptos::{ev, html, web_sys};
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;

use super::browser::{Failure, around, attribute, go_to, is_plain, leave_menu, send, text};
use super::dialog::{close, close_button, on_backdrop};
use super::trouble;
use crate::shared_view::{CONFIRM_NOW, field_error, preview, reasons, revoke_effects};
use crate::words;

/// The facts about the key, from the attributes of its link.
#[derive(Clone, Default)]
struct Facts {
    key_id: String,
    organization: String,
    page: String,
    name: String,
    preview: String,
    made_label: String,
    made: String,
    used: String,
    confirm: bool,
}

impl Facts {
    fn of(link: &Element) -> Self {
        Self {
            key_id: attribute(link, "data-revoke"),
            organization: attribute(link, "data-organization"),
            page: attribute(link, "href"),
            name: attribute(link, "data-name"),
            preview: attribute(link, "data-preview"),
            made_label: attribute(link, "data-made-label"),
            made: attribute(link, "data-made"),
            used: attribute(link, "data-used"),
            confirm: attribute(link, "data-confirm") == CONFIRM_NOW,
        }
    }
}

/// Lets every link `a[data-revoke]` of the page open this dialog.
#[island]
pub fn RevokeDialog() -> impl IntoView {
    let dialog = Dialog::new();
    if cfg!(feature = "hydrate") {
        window_event_listener(ev::click, move |event| dialog.open(&event));
    }
    view! {
        <dialog
            class="dialog"
            aria-labelledby="revoke-title"
            aria-describedby="revoke-text"
            node_ref=dialog.node
            on:close=move |_| dialog.closed()
            on:mousedown=on_backdrop(move || close(dialog.node))
        >
            {form(dialog)}
        </dialog>
    }
}

/// The dialog and its state.
#[derive(Clone, Copy)]
struct Dialog {
    node: NodeRef<html::Dialog>,
    form: NodeRef<html::Form>,
    cancel: NodeRef<html::Button>,
    facts: RwSignal<Facts>,
    failure: RwSignal<Option<Failure>>,
    /// Whether the form waits for its response.
    busy: RwSignal<bool>,
}

impl Dialog {
    fn new() -> Self {
        Self {
            node: NodeRef::new(),
            form: NodeRef::new(),
            cancel: NodeRef::new(),
            facts: RwSignal::new(Facts::default()),
            failure: RwSignal::new(None),
            busy: RwSignal::new(false),
        }
    }

    /// Opens the dialog with the facts of the clicked link.
    fn open(self, event: &ev::MouseEvent) {
        let Some(link) = link_of(event).filter(|_| is_plain(event)) else {
            return;
        };
        event.prevent_default();
        self.facts.set(Facts::of(&link));
        if let (Some(dialog), Some(cancel)) =
            (self.node.get_untracked(), self.cancel.get_untracked())
        {
            // The focus returns to what opened the dialog. A menu closes, so it returns to the
            // button of the menu.
            if let Some(menu) = around(event, ".menu[open]") {
                leave_menu(&menu);
            }
            let _ = dialog.show_modal();
            let _ = cancel.focus();
        }
    }

    /// Sends the form, once at a time.
    fn submit(self, event: &ev::SubmitEvent) {
        event.prevent_default();
        let Some(form) = self
            .form
            .get_untracked()
            .filter(|_| !self.busy.get_untracked())
        else {
            return;
        };
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            match send(&form, words::revoke_key::NO_ANSWER).await {
                Ok(done) => go_to(&text(&done, "to")),
                Err(refused) => self.refused(refused),
            }
        });
    }

    fn refused(self, failure: Failure) {
        // The key was used while the dialog was open.
        if failure.field("confirm_name").is_some() {
            self.facts.update(|facts| facts.confirm = true);
        }
        self.failure.set(Some(failure));
        self.busy.set(false);
    }

    /// Empties the form for the next key.
    fn closed(self) {
        self.failure.set(None);
        if let Some(form) = self.form.get_untracked() {
            form.reset();
        }
    }

    /// A fact about the key, as a part of the view.
    fn fact(self, take: fn(&Facts) -> &String) -> impl Fn() -> String + Send + 'static {
        move || self.facts.with(|facts| take(facts).clone())
    }

    /// What is wrong with the typed name.
    fn fault(self) -> Option<String> {
        self.failure.with(|failure| {
            failure
                .as_ref()
                .and_then(|failure| failure.field("confirm_name"))
        })
    }
}

/// The link **Revoke** that was clicked. The entry in the menu of a row stands for the link of that
/// row.
fn link_of(event: &ev::MouseEvent) -> Option<Element> {
    let same = || {
        around(event, "a[data-same]")?
            .closest("tr")
            .ok()??
            .query_selector("a[data-revoke]")
            .ok()?
    };
    around(event, "a[data-revoke]").or_else(same)
}

fn form(dialog: Dialog) -> impl IntoView {
    view! {
        <form class="sheet" method="post" action="/ui/revoke_key" node_ref=dialog.form on:submit=move |event| dialog.submit(&event)>
            <input type="hidden" name="page" value=dialog.fact(|facts| &facts.page)/>
            <input type="hidden" name="organization" value=dialog.fact(|facts| &facts.organization)/>
            <input type="hidden" name="key_id" value=dialog.fact(|facts| &facts.key_id)/>
            <div class="sheet-head"><h2 id="revoke-title">{words::revoke_key::HEADING.0}<bdi>{dialog.fact(|facts| &facts.name)}</bdi>{words::revoke_key::HEADING.1}</h2>{close_button(move || close(dialog.node))}</div>
            <div class="sheet-body">
                {trouble(words::revoke_key::FAILED, dialog.failure)}
                {facts(dialog)}
                {revoke_effects(1)}
                {reasons(None)}
                {move || dialog.facts.with(|facts| facts.confirm).then(|| confirm_field(dialog))}
            </div>
            {buttons(dialog)}
        </form>
    }
}

fn facts(dialog: Dialog) -> impl IntoView {
    view! {
        <dl class="facts boxed">
            <dt class="visually-hidden">{words::labels::KEY_PREVIEW}</dt><dd class="whole">{move || dialog.facts.with(|facts| preview(&facts.preview))}</dd>
            <dt>{dialog.fact(|facts| &facts.made_label)}</dt><dd>{dialog.fact(|facts| &facts.made)}</dd>
            <dt>{words::labels::LAST_USED}</dt><dd>{dialog.fact(|facts| &facts.used)}</dd>
        </dl>
    }
}

/// The field to confirm by typing the name, for a production key that was recently used.
fn confirm_field(dialog: Dialog) -> impl IntoView {
    view! {
        <div class="field">
            <label for="confirm_name">{words::labels::TYPE_TO_CONFIRM.0}<b><bdi>{dialog.fact(|facts| &facts.name)}</bdi></b>{words::labels::TYPE_TO_CONFIRM.1}</label>
            <input
                class="input" id="confirm_name" name="confirm_name" required autocomplete="off" spellcheck="false" dir="auto"
                aria-describedby="confirm-error confirm-hint"
                aria-invalid=move || dialog.fault().map(|_| "true")
            />
            {move || dialog.fault().map(|fault| field_error("confirm-error", fault))}
            <p class="hint" id="confirm-hint">{words::revoke_key::confirm_hint(1)}</p>
        </div>
    }
}

fn buttons(dialog: Dialog) -> impl IntoView {
    let waits = move || dialog.busy.get().then_some("true");
    view! {
        <div class="sheet-foot">
            <button class="button" type="button" node_ref=dialog.cancel on:click=move |_| close(dialog.node)>{words::CANCEL}</button>
            <button class="button danger" aria-disabled=waits aria-busy=waits>
                {move || if dialog.busy.get() { words::revoke_key::WAITING } else { words::revoke_key::BUTTON }}
            </button>
        </div>
    }
}
