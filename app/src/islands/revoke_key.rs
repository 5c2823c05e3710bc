//! The dialog that revokes a key after a confirmation.

use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen_futures::spawn_local;

use super::browser::{
    Failure, around, attribute, is_plain, leave_menu, pressed_backdrop, send, text,
};
use super::dialog::close_button;
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

/// Lets every link `a[data-revoke]` of the page open this dialog.
#[island]
pub fn RevokeDialog() -> impl IntoView {
    let (dialog, form) = (
        NodeRef::<html::Dialog>::new(),
        NodeRef::<html::Form>::new(),
    );
    let cancel = NodeRef::<html::Button>::new();
    let facts = RwSignal::new(Facts::default());
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let fact = move |take: fn(&Facts) -> &String| move || facts.with(|facts| take(facts).clone());

    let open = move |event: ev::MouseEvent| {
        // The entry in the menu of a row stands for the link of that row.
        let same = || {
            around(&event, "a[data-same]")?
                .closest("tr")
                .ok()??
                .query_selector("a[data-revoke]")
                .ok()?
        };
        let link = around(&event, "a[data-revoke]").or_else(same);
        let Some(link) = link.filter(|_| is_plain(&event)) else {
            return;
        };
        event.prevent_default();
        facts.set(Facts {
            key_id: attribute(&link, "data-revoke"),
            organization: attribute(&link, "data-organization"),
            page: attribute(&link, "href"),
            name: attribute(&link, "data-name"),
            preview: attribute(&link, "data-preview"),
            made_label: attribute(&link, "data-made-label"),
            made: attribute(&link, "data-made"),
            used: attribute(&link, "data-used"),
            confirm: attribute(&link, "data-confirm") == CONFIRM_NOW,
        });
        if let (Some(dialog), Some(cancel)) = (dialog.get_untracked(), cancel.get_untracked()) {
            // The focus returns to what opened the dialog. A menu closes, so it returns to the
            // button of the menu.
            if let Some(menu) = around(&event, ".menu[open]") {
                leave_menu(&menu);
            }
            let _ = dialog.show_modal();
            let _ = cancel.focus();
        }
    };
    if cfg!(feature = "hydrate") {
        window_event_listener(ev::click, open);
    }
    let revoke = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(form) = form
            .get_untracked()
            .filter(|_| !busy.get_untracked())
        else {
            return;
        };
        busy.set(true);
        failure.set(None);
        spawn_local(async move {
            match send(&form, words::revoke_key::NO_ANSWER).await {
                Ok(done) => drop(window().location().assign(&text(&done, "to"))),
                Err(refused) => {
                    // The key was used while the dialog was open.
                    if refused.field("confirm_name").is_some() {
                        facts.update(|facts| facts.confirm = true);
                    }
                    failure.set(Some(refused));
                    busy.set(false);
                }
            }
        });
    };
    let waits = move || busy.get().then_some("true");
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let closed = move || {
        failure.set(None);
        if let Some(form) = form.get_untracked() {
            form.reset();
        }
    };
    let fault = move || {
        failure.with(|failure| {
            failure
                .as_ref()
                .and_then(|failure| failure.field("confirm_name"))
        })
    };

    view! {
        <dialog
            class="dialog"
            aria-labelledby="revoke-title"
            aria-describedby="revoke-text"
            node_ref=dialog
            on:close=move |_| closed()
            on:mousedown=move |event| {
                if pressed_backdrop(&event).is_some() {
                    close();
                }
            }
        >
            <form class="sheet" method="post" action="/ui/revoke_key" node_ref=form on:submit=revoke>
                <input type="hidden" name="page" value=fact(|facts| &facts.page)/>
                <input type="hidden" name="organization" value=fact(|facts| &facts.organization)/>
                <input type="hidden" name="key_id" value=fact(|facts| &facts.key_id)/>
                <div class="sheet-head"><h2 id="revoke-title">{words::revoke_key::HEADING.0}<bdi>{fact(|facts| &facts.name)}</bdi>{words::revoke_key::HEADING.1}</h2>{close_button(close)}</div>
                <div class="sheet-body">
                    {trouble(words::revoke_key::FAILED, failure)}
                    <dl class="facts boxed">
                        <dt class="visually-hidden">{words::labels::KEY_PREVIEW}</dt><dd class="whole">{move || preview(&facts.with(|facts| facts.preview.clone()))}</dd>
                        <dt>{fact(|facts| &facts.made_label)}</dt><dd>{fact(|facts| &facts.made)}</dd>
                        <dt>{words::labels::LAST_USED}</dt><dd>{fact(|facts| &facts.used)}</dd>
                    </dl>
                    {revoke_effects(1)}
                    {reasons(None)}
                    {move || facts.with(|facts| facts.confirm).then(|| view! {
                        <div class="field">
                            <label for="confirm_name">{words::labels::TYPE_TO_CONFIRM.0}<b><bdi>{fact(|facts| &facts.name)}</bdi></b>{words::labels::TYPE_TO_CONFIRM.1}</label>
                            <input
                                class="input" id="confirm_name" name="confirm_name" required autocomplete="off" spellcheck="false" dir="auto"
                                aria-describedby="confirm-error confirm-hint"
                                aria-invalid=move || fault().map(|_| "true")
                            />
                            {move || fault().map(|fault| field_error("confirm-error", fault))}
                            <p class="hint" id="confirm-hint">{words::revoke_key::confirm_hint(1)}</p>
                        </div>
                    })}
                </div>
                <div class="sheet-foot">
                    <button class="button" type="button" node_ref=cancel on:click=move |_| close()>{words::CANCEL}</button>
                    <button class="button danger" aria-disabled=waits aria-busy=waits>
                        {move || if busy.get() { words::revoke_key::WAITING } else { words::revoke_key::BUTTON }}
                    </button>
                </div>
            </form>
        </dialog>
    }
}
