//! The dialog with the new key.

use leptos::ev;
use leptos::prelude::*;

use super::{CreatedKeyState, Dialogs, REVEAL};
use crate::islands::copying;
use crate::islands::dialog::{close_button, on_backdrop};
use crate::shared_view::{NewKey, finish_words, revealed};
use crate::words;

/// The dialog with the new key.
pub fn reveal_dialog(dialogs: Dialogs) -> impl IntoView {
    view! {
        <dialog
            class="dialog large"
            id="reveal"
            node_ref=dialogs.reveal
            aria-labelledby="reveal-title"
            aria-describedby="reveal-notice"
            on:close=move |_| dialogs.closed()
            on:cancel=move |event: ev::Event| dialogs.cancel(&event)
            on:keydown=move |event| copying::escape(&event, REVEAL, dialogs.guard)
            on:mousedown=on_backdrop(move || dialogs.close())
        >
            {move || dialogs.shown.get().map(|new| key_sheet(dialogs, new))}
        </dialog>
    }
}

fn key_sheet(dialogs: Dialogs, new: CreatedKeyState) -> impl IntoView {
    let url = dialogs
        .opening
        .with_untracked(|opening| opening.url.clone());
    let shown = NewKey {
        key: &new.key,
        key_id: &new.key_id,
        label: &new.label,
    };
    let shown = revealed(&shown, &url);
    view! {
        <div class="sheet">
            <div class="sheet-head"><h2 id="reveal-title">{words::reveal_key::TITLE}</h2>{close_button(move || dialogs.close())}</div>
            {shown}
            <div class="sheet-foot"><button class="button primary" type="button" on:click=move |_| dialogs.finish()>{finish_words()}</button></div>
        </div>
    }
}
