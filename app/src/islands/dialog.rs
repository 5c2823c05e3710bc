//! What the dialogs of the islands share.

use leptos::prelude::*;
use leptos::{ev, html};

use super::browser::pressed_backdrop;
use crate::shared_view::icon;
use crate::words;

/// The close button of a dialog.
pub fn close_button(close: impl Fn() + 'static) -> impl IntoView {
    view! { <button class="icon-button" type="button" aria-label=words::CLOSE on:click=move |_| close()>{icon("close")}</button> }
}

/// The handler that closes a dialog when its backdrop is pressed.
pub fn on_backdrop(close: impl Fn() + 'static) -> impl Fn(ev::MouseEvent) + 'static {
    move |event| {
        if pressed_backdrop(&event).is_some() {
            close();
        }
    }
}

/// Closes a dialog.
pub fn close(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}
