//! Whether single keys do something: whoever dictates, or types by accident, turns them off for this browser
//! (<https://www.w3.org/TR/WCAG22/#character-key-shortcuts>).

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, Storage};

use super::browser::{all, around};

const KEPT: &str = "keys";
const OFF: &str = "off";
const SWITCH: &str = "[data-keys]";

/// Shows what was chosen, and keeps what is.
pub fn listen() {
    for switch in all(SWITCH).into_iter().filter_map(|one| one.dyn_into::<HtmlInputElement>().ok()) {
        switch.set_checked(!are_off());
    }
    window_event_listener(ev::change, |event| {
        let switch = around(&event, SWITCH).and_then(|one| one.dyn_into::<HtmlInputElement>().ok());
        if let Some((switch, kept)) = switch.zip(kept()) {
            let _ = if switch.checked() { kept.remove_item(KEPT) } else { kept.set_item(KEPT, OFF) };
        }
    });
}

/// Whether they are turned off.
pub fn are_off() -> bool {
    kept().and_then(|kept| kept.get_item(KEPT).ok().flatten()).is_some_and(|word| word == OFF)
}

/// Where a browser keeps no such thing they stay on.
fn kept() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
