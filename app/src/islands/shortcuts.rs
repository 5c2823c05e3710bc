//! The setting for keyboard shortcuts. People who dictate, or press keys by accident, can turn them
//! off for this browser (<https://www.w3.org/TR/WCAG22/#character-key-shortcuts>).

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, Storage};

use super::browser::{all, around};

const STORAGE_KEY: &str = "keys";
const OFF: &str = "off";
const SWITCH: &str = "[data-keys]";

/// Shows the setting, and stores changes.
pub fn listen() {
    show();
    window_event_listener(ev::change, |event| {
        let switch = around(&event, SWITCH).and_then(|one| one.dyn_into::<HtmlInputElement>().ok());
        if let Some((switch, storage)) = switch.zip(storage()) {
            let _ = if switch.checked() {
                storage.remove_item(STORAGE_KEY)
            } else {
                storage.set_item(STORAGE_KEY, OFF)
            };
        }
    });
}

/// Shows the setting.
pub fn show() {
    for switch in all(SWITCH)
        .into_iter()
        .filter_map(|one| one.dyn_into::<HtmlInputElement>().ok())
    {
        switch.set_checked(!are_off());
    }
}

/// Whether shortcuts are off.
pub fn are_off() -> bool {
    storage()
        .and_then(|storage| storage.get_item(STORAGE_KEY).ok().flatten())
        .is_some_and(|word| word == OFF)
}

/// The storage of the browser. Without it, shortcuts stay on.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
