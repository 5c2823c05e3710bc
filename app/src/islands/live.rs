//! Live updates of an open page. The connection is open only while the page is visible, because a
//! browser opens few connections to one server.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, EventSource, HtmlElement, MessageEvent};

use super::browser::{REFRESHED, all, attribute, by_id, text};
use super::rows;
use crate::words;

/// The wait before connecting, so that the connection does not delay the page or distort its
/// measurements.
const DELAY: Duration = Duration::from_millis(1500);

/// Receives events from the URL in the first `data-live` of the page, and shows them: uses of keys,
/// keys that were revoked or have expired, and that a list changed.
#[island]
pub fn LiveMarks() -> impl IntoView {
    if cfg!(feature = "hydrate")
        && let Some(mark) = all("[data-live]").into_iter().next()
    {
        let stream = Rc::new(Stream::new(attribute(&mark, "data-live")));
        let begin = stream.clone();
        set_timeout(
            move || {
                begin.restart();
                window_event_listener_untyped("visibilitychange", {
                    let stream = begin.clone();
                    move |_| stream.update()
                });
                window_event_listener_untyped(REFRESHED, {
                    let stream = begin.clone();
                    move |_| stream.restart()
                });
                window_event_listener(ev::pageshow, move |_| begin.update());
            },
            DELAY,
        );
        window_event_listener(ev::pagehide, move |_| stream.close());
    }
}

type Listener = Closure<dyn Fn(MessageEvent)>;

/// The event stream, while it is open.
struct Stream {
    address: RefCell<String>,
    used: Listener,
    ended: Listener,
    changed: Listener,
    source: RefCell<Option<EventSource>>,
}

impl Stream {
    fn new(address: String) -> Self {
        Self {
            address: RefCell::new(address),
            used: Closure::new(used),
            ended: Closure::new(ended),
            changed: Closure::new(|_| changed()),
            source: RefCell::default(),
        }
    }

    /// Opens the stream while the page is visible, or else closes it. A stream that breaks
    /// reconnects by itself. A stream that the server refused connects again when the person
    /// returns to the page.
    fn update(&self) {
        if document().hidden() {
            return self.close();
        }
        let mut source = self.source.borrow_mut();
        if source
            .as_ref()
            .is_some_and(|source| source.ready_state() != EventSource::CLOSED)
        {
            return;
        }
        let Ok(fresh) = EventSource::new(&self.address.borrow()) else {
            return;
        };
        let listeners = [
            ("used", &self.used),
            ("ended", &self.ended),
            ("changed", &self.changed),
        ];
        for (name, hear) in listeners {
            let _ = fresh.add_event_listener_with_callback(name, hear.as_ref().unchecked_ref());
        }
        *source = Some(fresh);
    }

    /// Receives the events after the present state of the page.
    fn restart(&self) {
        self.close();
        if let Some(mark) = all("[data-live]").first() {
            self.address.replace(attribute(mark, "data-live"));
        }
        self.update();
    }

    fn close(&self) {
        if let Some(source) = self.source.borrow_mut().take() {
            source.close();
        }
    }
}

/// A key was used: updates its row, its page and its dialogs.
fn used(event: MessageEvent) {
    let Some(change) = data(&event) else { return };
    let (key, ago) = (text(&change, "key"), text(&change, "ago"));
    let (address, agent) = (text(&change, "address"), text(&change, "agent"));
    for cell in all(&format!("[data-last-used=\"{key}\"]")) {
        show_time(
            &cell,
            &text(&change, "at"),
            &text(&change, "exact"),
            &ago,
        );
        if let Ok(Some(around)) = cell.closest("dd") {
            set_part(&around, "[data-used-from]", "code", &address);
            set_part(&around, "[data-used-by]", "bdi", &agent);
        }
    }
    if let Some(first) = by_id("first-request").filter(|first| attribute(first, "data-key") == key)
        && first
            .class_list()
            .toggle_with_force("done", true)
            .is_ok()
        && let Ok(Some(said)) = first.query_selector("span")
        && said.text_content().as_deref() == Some(words::live::WAITING_FOR_FIRST_REQUEST)
    {
        said.set_text_content(Some(&words::live::first_request(&address)));
    }
}

fn show_time(cell: &Element, at: &str, exact: &str, ago: &str) {
    let Ok(time) = document().create_element("time") else {
        return;
    };
    let _ = time.set_attribute("datetime", at);
    let _ = time.set_attribute("title", exact);
    time.set_text_content(Some(ago));
    cell.set_text_content(None);
    let _ = cell.append_child(&time);
}

fn set_part(around: &Element, part: &str, inside: &str, said: &str) {
    if let Ok(Some(part)) = around.query_selector(part)
        && let Ok(Some(inside)) = part.query_selector(inside)
    {
        inside.set_text_content(Some(said));
        let _ = part.toggle_attribute_with_force("hidden", said.is_empty());
    }
}

/// A key was revoked or has expired: its row says so and offers no actions, and its page offers to
/// reload.
fn ended(event: MessageEvent) {
    let Some(change) = data(&event) else { return };
    let key = text(&change, "key");
    if let Some(row) = by_id(&format!("key-{key}")) {
        let _ = row.class_list().add_1("inactive");
        if let Ok(Some(cell)) = row.query_selector(".expires")
            && let Ok(badge) = document().create_element("span")
        {
            badge.set_class_name(&text(&change, "class"));
            badge.set_text_content(Some(&text(&change, "text")));
            cell.replace_children_with_node_1(&badge);
        }
        let name = row
            .query_selector(".name a")
            .ok()
            .flatten()
            .and_then(|name| name.dyn_into::<HtmlElement>().ok());
        if let Some(name) = name {
            // The actions disappear, and the focus with them.
            if row.matches(":focus-within").unwrap_or(false) {
                let _ = name.focus();
            }
            if let Some(status) = all("#main > [data-copy-status]").first() {
                let name = name.text_content().unwrap_or_default();
                status.set_text_content(Some(&format!("{name}: {}", text(&change, "text"))));
            }
        }
        if let Ok(actions) = row.query_selector_all(".pick input, .row-actions [data-dialog]") {
            (0..actions.length())
                .filter_map(|n| actions.get(n)?.dyn_into::<Element>().ok())
                .for_each(|action| action.remove());
        }
        rows::count();
    }
    if let Some(line) = all(&format!(".news[data-key=\"{key}\"]:empty")).first() {
        say(line, words::live::KEY_ENDED);
    }
}

fn data(event: &MessageEvent) -> Option<JsValue> {
    let data = event.data().as_string()?;
    js_sys::JSON::parse(&data).ok()
}

/// The list changed. The page says so once.
fn changed() {
    if let Some(line) = all(".news:not([data-key]):empty")
        .into_iter()
        .next()
    {
        say_changed(line);
    }
}

/// Not while a dialog is open, because the page often shows the change itself after a dialog. Then
/// the line is gone.
fn say_changed(line: Element) {
    if !line.is_connected() {
        return;
    }
    if !all("dialog[open]").is_empty() {
        return set_timeout(move || say_changed(line), DELAY);
    }
    say(&line, words::live::LIST_CHANGED);
}

/// Shows a sentence, and a link to reload the page.
fn say(line: &Element, sentence: &str) {
    let Ok(link) = document().create_element("a") else {
        return;
    };
    let _ = link.set_attribute("href", &attribute(line, "data-here"));
    link.set_text_content(Some(words::live::RELOAD));
    line.set_text_content(Some(&format!("{sentence} ")));
    let _ = line.append_child(&link);
}
