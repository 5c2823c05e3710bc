//! Shows the page of a key in a panel over a list of keys. The address of the list has the key as
//! its parameter `key`, so the panel can be reloaded, shared, and closed with the back button.
//! Without script the name of a key leads to its page.

use leptos::prelude::*;
use leptos::{ev, html, web_sys};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, UrlSearchParams};

use super::browser::{
    REFRESHED, all, around, attribute, go_to, is_plain, load_page, part_of, pressed_backdrop,
};
use super::dialog::{close, close_button};
use crate::shared_view::icon;
use crate::words;

/// The parameter with the ID of the key.
const KEY: &str = "key";

/// Lets every link `a[data-panel]` of the page open the panel.
#[island]
pub fn KeyPanel() -> impl IntoView {
    let panel = Panel::new();
    if cfg!(feature = "hydrate") {
        panel.listen();
    }
    view! {
        <dialog
            class="key-panel"
            node_ref=panel.dialog
            aria-label=words::keys::DETAILS
            on:close=move |_| panel.closed()
            on:mousedown=move |event| {
                if pressed_backdrop(&event).is_some() {
                    close(panel.dialog);
                }
            }
        >
            <div class="key-panel-bar">
                <a class="button" href=move || panel.path.get()>{icon("external")}{words::keys::OPEN_PAGE}</a>
                {close_button(move || close(panel.dialog))}
            </div>
            <div class="main" node_ref=panel.content></div>
        </dialog>
    }
}

/// The panel and its state.
#[derive(Clone, Copy)]
struct Panel {
    dialog: NodeRef<html::Dialog>,
    content: NodeRef<html::Div>,
    /// The path of the page that it shows; empty while it is closed.
    path: RwSignal<String>,
    /// Whether opening it added an entry to the history.
    has_entry: RwSignal<bool>,
    /// Whether the address closes it. The event of that comes later, when another key may be opening.
    is_closing: RwSignal<bool>,
}

impl Panel {
    fn new() -> Self {
        Self {
            dialog: NodeRef::new(),
            content: NodeRef::new(),
            path: RwSignal::new(String::new()),
            has_entry: RwSignal::new(false),
            is_closing: RwSignal::new(false),
        }
    }

    fn listen(self) {
        window_event_listener(ev::click, move |event| {
            if let Some(link) = around(&event, "a[data-panel]")
                .filter(|_| is_plain(&event) && organization().is_some())
            {
                event.prevent_default();
                self.open(&attribute(&link, "data-panel"));
            }
        });
        // A page that the browser restores has no panel.
        window_event_listener(ev::pageshow, move |_| {
            if self
                .dialog
                .get_untracked()
                .is_none_or(|dialog| !dialog.open())
            {
                self.path.set(String::new());
            }
        });
        window_event_listener_untyped(REFRESHED, move |_| {
            self.path.set(String::new());
            self.follow();
        });
        window_event_listener(ev::popstate, move |_| {
            self.has_entry.set(false);
            self.follow();
        });
        // Not before the island is hydrated, because hydration does not change attributes.
        request_animation_frame(move || self.follow());
    }

    /// Opens the panel with a key, as a new entry of the history.
    fn open(self, key: &str) {
        if parameters()
            .and_then(|parameters| parameters.get(KEY))
            .as_deref()
            == Some(key)
        {
            return self.follow();
        }
        set_key(Some(key), true);
        self.has_entry.set(true);
        self.follow();
    }

    /// Opens or closes the panel as the address says.
    fn follow(self) {
        let Some(path) = path_of_key() else {
            let dialog = self.dialog.get_untracked();
            if dialog.is_some_and(|dialog| dialog.open()) {
                self.is_closing.set(true);
                close(self.dialog);
            }
            return self.path.set(String::new());
        };
        if self.path.get_untracked() == path {
            return;
        }
        self.path.set(path.clone());
        spawn_local(async move {
            let main = load_page(&path)
                .await
                .ok()
                .and_then(|page| part_of(&page, "#main"));
            let (Some(main), Some(content), Some(dialog)) = (
                main,
                self.content.get_untracked(),
                self.dialog.get_untracked(),
            ) else {
                set_key(None, false);
                return go_to(&path);
            };
            // It may have been closed in the meantime.
            if self.path.get_untracked() == path {
                content.set_inner_html(&main.inner_html());
                if let Ok(Some(name)) = content.query_selector("h1") {
                    let name = name.text_content().unwrap_or_default();
                    let _ = dialog.set_attribute("aria-label", &name);
                }
                if !dialog.open() {
                    let _ = dialog.show_modal();
                }
                take_toast(&dialog);
            }
        });
    }

    /// Removes the key from the address.
    fn closed(self) {
        if self.is_closing.get_untracked() {
            return self.is_closing.set(false);
        }
        self.path.set(String::new());
        if let Some(content) = self.content.get_untracked() {
            content.set_inner_html("");
        }
        if path_of_key().is_none() {
            return;
        }
        match window().history() {
            Ok(history) if self.has_entry.get_untracked() => drop(history.back()),
            _ => set_key(None, false),
        }
    }
}

/// Shows the result of an action above the panel, which covers the page.
fn take_toast(dialog: &Element) {
    for old in all(".key-panel > .toast") {
        old.remove();
    }
    if let Some(toast) = all("#main > .toast").first()
        && dialog.append_child(toast).is_ok()
        && let Some(toast) = toast.dyn_ref::<HtmlElement>()
    {
        let _ = toast.focus();
    }
}

/// The parameters of the address.
fn parameters() -> Option<UrlSearchParams> {
    let search = window().location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()
}

/// The path of the page of the key in the address.
fn path_of_key() -> Option<String> {
    let key: u64 = parameters()?.get(KEY)?.parse().ok()?;
    let organization = organization()?;
    Some(format!("/o/{organization}/settings/api-keys/{key}"))
}

/// The organization of the page, by its address. The page of a refused form has another address.
fn organization() -> Option<String> {
    let here = window().location().pathname().ok()?;
    let (organization, _) = here.strip_prefix("/o/")?.split_once('/')?;
    Some(organization.to_owned())
}

/// Changes the key in the address, as a new entry of the history or in place of the current one.
fn set_key(key: Option<&str>, is_new: bool) {
    let (Some(parameters), Ok(history)) = (parameters(), window().history()) else {
        return;
    };
    match key {
        Some(key) => parameters.set(KEY, key),
        None => parameters.delete(KEY),
    }
    let here = window().location().pathname().unwrap_or_default();
    let query = String::from(parameters.to_string());
    let mark = if query.is_empty() { "" } else { "?" };
    let address = format!("{here}{mark}{query}");
    let _ = if is_new {
        history.push_state_with_url(&JsValue::NULL, "", Some(&address))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&address))
    };
}
