//! Browser APIs that islands use.

use std::cell::RefCell;
use std::time::Duration;

use js_sys::{Array, Reflect};
use leptos::web_sys;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, DocumentFragment, Element, Event, FormData, Headers, HtmlDialogElement,
    HtmlElement, HtmlFormElement, HtmlTemplateElement, MouseEvent, RequestInit, Response,
    UrlSearchParams,
};

use crate::shared_view::DIALOG_HEADER;
use crate::words;

/// How long a status is in the page before its text.
const ANNOUNCED_AFTER: Duration = Duration::from_millis(100);
/// The event of the window after [`refresh`].
pub const REFRESHED: &str = "refreshed";
/// How long a page may take, in milliseconds. A person who waits longer wants to know.
const PATIENCE_WITH_PAGE: u32 = 10_000;
/// How long the response to a form may take: a little longer than the server works on it.
const PATIENCE_WITH_FORM: u32 = 35_000;

/// Why the submission of a form failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code of the problem; empty without a response.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// The invalid fields, each with a sentence.
    pub fields: Vec<(String, String)>,
    /// The URL to sign in again, if the form only needs a fresh sign-in. The server stores the form
    /// and processes it afterwards.
    pub confirm_at: String,
}

impl Failure {
    /// A failure with one sentence.
    pub fn of(message: &str) -> Self {
        Self {
            code: String::new(),
            message: message.to_owned(),
            fields: Vec::new(),
            confirm_at: String::new(),
        }
    }

    /// The title of the message. Without a response, nobody knows whether the request took effect.
    pub fn title(&self, refused: &'static str) -> &'static str {
        if self.code.is_empty() {
            words::problems::NO_ANSWER
        } else {
            refused
        }
    }

    /// Whether signing in again would help.
    pub fn wants_sign_in(&self) -> bool {
        matches!(
            self.code.as_str(),
            "fresh_sign_in_required" | "unauthorized"
        )
    }

    /// The sentences about the fields, or else the one sentence.
    pub fn lines(&self) -> Vec<String> {
        if self.fields.is_empty() {
            vec![self.message.clone()]
        } else {
            self.fields
                .iter()
                .map(|(_, line)| line.clone())
                .collect()
        }
    }
}

/// The URL to sign in again and return to this page.
pub fn sign_in_again() -> String {
    let here = leptos::prelude::window().location();
    let here = here.pathname().unwrap_or_default() + &here.search().unwrap_or_default();
    format!(
        "/sign-in/start?fresh=1&return_to={}",
        String::from(js_sys::encode_uri_component(&here))
    )
}

/// The element with this ID.
pub fn by_id(id: &str) -> Option<HtmlElement> {
    leptos::prelude::document()
        .get_element_by_id(id)?
        .dyn_into()
        .ok()
}

/// The dialog with this ID.
pub fn dialog(id: &str) -> Option<HtmlDialogElement> {
    by_id(id)?.dyn_into().ok()
}

/// Every element that matches a selector.
pub fn all(selector: &str) -> Vec<Element> {
    let Ok(found) = leptos::prelude::document().query_selector_all(selector) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|n| found.get(n)?.dyn_into().ok())
        .collect()
}

/// The closest element around the target of an event that matches a selector.
pub fn around(event: &Event, selector: &str) -> Option<Element> {
    event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .closest(selector)
        .ok()
        .flatten()
}

/// Closes a menu, and moves the focus to its button.
pub fn leave_menu(menu: &Element) {
    let _ = menu.remove_attribute("open");
    let summary = menu
        .query_selector("summary")
        .ok()
        .flatten()
        .and_then(|one| one.dyn_into::<HtmlElement>().ok());
    let _ = summary.map(|summary| summary.focus());
}

/// The dialog whose backdrop was pressed. The scrollbar and the edges of a dialog belong to it, not
/// to the backdrop. The second press of a double click is ignored, because it was meant for the
/// button that opened the dialog.
pub fn pressed_backdrop(press: &MouseEvent) -> Option<HtmlDialogElement> {
    let dialog: HtmlDialogElement = press.target()?.dyn_into().ok()?;
    let (edges, x, y) = (
        dialog.get_bounding_client_rect(),
        press.client_x().into(),
        press.client_y().into(),
    );
    let within = edges.left() <= x && x <= edges.right() && edges.top() <= y && y <= edges.bottom();
    (press.button() == 0 && press.detail() < 2 && !within).then_some(dialog)
}

/// Whether a click on a link opens it in this tab, not in a new one.
pub fn is_plain(click: &MouseEvent) -> bool {
    click.button() == 0
        && !click.ctrl_key()
        && !click.meta_key()
        && !click.shift_key()
        && !click.alt_key()
}

/// An attribute, or an empty text.
pub fn attribute(element: &Element, name: &str) -> String {
    element.get_attribute(name).unwrap_or_default()
}

/// A text of a response.
pub fn text(value: &JsValue, name: &str) -> String {
    let found = Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED);
    found
        .as_string()
        .or_else(|| found.as_f64().map(|n| n.to_string()))
        .unwrap_or_default()
}

/// Shows whether a button waits for a response.
pub fn wait_at(button: &Element, waits: bool) {
    for name in ["aria-disabled", "aria-busy"] {
        let _ = if waits {
            button.set_attribute(name, "true")
        } else {
            button.remove_attribute(name)
        };
    }
}

/// Shows the present state of the page without leaving it: the frame and the form for a new key are
/// those of the same page, loaded again. Scripts, the address and the position stay. If that fails,
/// the browser loads the page again.
pub async fn refresh() {
    if refreshed().await.is_none() {
        reload();
    }
}

async fn refreshed() -> Option<()> {
    let window = leptos::prelude::window();
    let here = window.location();
    let here = here.pathname().ok()? + &here.search().ok()?;
    let page = parsed(&load_page(&here).await.ok()?)?;
    let part = |selector| page.query_selector(selector).ok().flatten();
    let frame = part(".frame")?;
    all(".frame")
        .first()?
        .replace_with_with_node_1(&frame)
        .ok()?;
    if let Some((old, new)) = by_id("create").zip(part("#create")) {
        refresh_form(&old, &new);
    }
    if let Some(title) = part("title") {
        leptos::prelude::document().set_title(&title.text_content().unwrap_or_default());
    }
    window
        .dispatch_event(&Event::new(REFRESHED).ok()?)
        .ok()
        .map(drop)
}

/// Replaces the form for a new key. A form that is being filled in keeps its fields, and gets only
/// the token with which it can succeed once more.
fn refresh_form(old: &HtmlElement, new: &Element) {
    if !old.has_attribute("open") {
        return drop(old.replace_with_with_node_1(new));
    }
    let token = |within: &Element| {
        within
            .query_selector("[name=form_token]")
            .ok()
            .flatten()
    };
    if let Some((old, new)) = token(old).zip(token(new)) {
        let _ = old.set_attribute("value", &attribute(&new, "value"));
    }
}

thread_local! {
    /// The ID of the row with the link that opened the last dialog; empty without one.
    static ROW: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Remembers the row around what opens a dialog, for [`focus_first`].
pub fn remember_row(event: &Event) {
    let row = around(event, "tr[id]").map(|row| attribute(&row, "id"));
    ROW.set(row.unwrap_or_default());
}

/// Moves the focus to where the server put it in a page that was refreshed. A toast is announced
/// instead, and the focus returns to the row that the dialog was about.
pub fn focus_first() {
    let Some(first) = all(".frame [autofocus]").into_iter().next() else {
        return;
    };
    let is_toast = first
        .matches(".toast:not(.stays)")
        .unwrap_or_default();
    if is_toast && all("dialog[open]").is_empty() {
        announce(&first);
        focus_row();
    } else if let Ok(first) = first.dyn_into::<HtmlElement>() {
        let _ = first.focus();
    }
}

/// Makes screen readers announce a status that was inserted with its text: they announce only what
/// changes in a status later.
fn announce(status: &Element) {
    let Ok(Some(text)) = status.query_selector("p") else {
        return;
    };
    let content = text.inner_html();
    text.set_inner_html("");
    leptos::prelude::set_timeout(move || text.set_inner_html(&content), ANNOUNCED_AFTER);
}

/// Moves the focus to the remembered row, or to the title of the page if the row is gone.
fn focus_row() {
    let row = ROW.take();
    let target = by_id(&row)
        .and_then(|row| row.query_selector("th a, summary").ok().flatten())
        .or_else(|| {
            let title = all(".main h1").into_iter().next()?;
            title.set_attribute("tabindex", "-1").ok()?;
            Some(title)
        });
    if let Some(target) = target.and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
        let _ = target.focus();
    }
}

/// Loads the page again at its own address. The page of a refused form has the address of the form,
/// so its own address is in the field of a form.
pub fn reload() {
    let location = leptos::prelude::window().location();
    let own = location
        .pathname()
        .is_ok_and(|path| path.starts_with("/o/") || path.starts_with("/account"));
    let page = all("#main input[name=page]")
        .first()
        .map(|field| attribute(field, "value"));
    match page {
        Some(page) if !own => go_to(&page),
        _ => drop(location.reload()),
    }
}

/// Goes to another page of Roundtable.
pub fn go_to(path: &str) {
    let _ = leptos::prelude::window().location().assign(path);
}

/// Loads a page.
///
/// # Errors
/// Without a response in time, and if the response is an error. Then the error is its text.
pub async fn load_page(path: &str) -> Result<String, JsValue> {
    let request = RequestInit::new();
    request.set_signal(Some(&AbortSignal::timeout_with_u32(
        PATIENCE_WITH_PAGE,
    )));
    let window = leptos::prelude::window();
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(path, &request))
        .await?
        .dyn_into()?;
    let page = JsFuture::from(response.text()?).await?;
    page.as_string()
        .filter(|_| response.ok())
        .ok_or(page)
}

/// The first element of a page that matches a selector.
pub fn part_of(page: &str, selector: &str) -> Option<Element> {
    parsed(page)?
        .query_selector(selector)
        .ok()
        .flatten()
}

/// The elements of a page. Its scripts do not run.
fn parsed(page: &str) -> Option<DocumentFragment> {
    let holder: HtmlTemplateElement = leptos::prelude::document()
        .create_element("template")
        .ok()?
        .dyn_into()
        .ok()?;
    holder.set_inner_html(page);
    Some(holder.content())
}

/// Submits a form and reads the response. `silence` is the message if there is no response.
///
/// # Errors
/// Why the form was refused.
pub async fn send(form: &HtmlFormElement, silence: &str) -> Result<JsValue, Failure> {
    let (response, answer) = async {
        let response = fetch(form, "application/json").await?;
        let answer = JsFuture::from(response.json()?).await?;
        Ok::<_, JsValue>((response, answer))
    }
    .await
    .map_err(|_| Failure::of(silence))?;
    if response.ok() {
        Ok(answer)
    } else {
        Err(refusal(&answer))
    }
}

/// The response to a form that a dialog shows.
pub enum FormResponse {
    /// The form succeeded and leads to a page.
    Done {
        /// The path of the page.
        to: String,
    },
    /// The form needs a fresh sign-in. The server stored it.
    Confirm {
        /// The URL to sign in again.
        at: String,
    },
    /// A page: the form with its errors, or a secret that is shown once.
    Page {
        /// The markup.
        page: String,
        /// Whether the form succeeded.
        is_success: bool,
    },
}

/// Submits a form as a page would, but without leaving the page.
///
/// # Errors
/// Without a response, nobody knows whether the form took effect.
pub async fn send_for_page(form: &HtmlFormElement) -> Result<FormResponse, Failure> {
    let lost = |_| Failure::of(words::problems::MAYBE_DONE);
    let response = fetch(form, "text/html").await.map_err(lost)?;
    let kind = response.headers().get("Content-Type");
    if !kind
        .ok()
        .flatten()
        .is_some_and(|kind| kind.starts_with("application/json"))
    {
        let page = async { JsFuture::from(response.text()?).await }
            .await
            .map_err(lost)?;
        return Ok(FormResponse::Page {
            page: page.as_string().unwrap_or_default(),
            is_success: response.ok(),
        });
    }
    let answer = async { JsFuture::from(response.json()?).await }
        .await
        .map_err(lost)?;
    if response.ok() {
        return Ok(FormResponse::Done {
            to: text(&answer, "to"),
        });
    }
    let failure = refusal(&answer);
    if failure.confirm_at.is_empty() {
        Err(failure)
    } else {
        Ok(FormResponse::Confirm {
            at: failure.confirm_at,
        })
    }
}

/// The fields of a form, encoded.
///
/// # Errors
/// None that a form of a page causes.
pub fn encoded(form: &HtmlFormElement) -> Result<UrlSearchParams, JsValue> {
    UrlSearchParams::new_with_str_sequence_sequence(FormData::new_with_form(form)?.as_ref())
}

async fn fetch(form: &HtmlFormElement, accept: &str) -> Result<Response, JsValue> {
    let typed = encoded(form)?;
    let headers = Headers::new()?;
    headers.set("Accept", accept)?;
    headers.set(DIALOG_HEADER, "1")?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_signal(Some(&AbortSignal::timeout_with_u32(
        PATIENCE_WITH_FORM,
    )));
    request.set_body(&typed);
    request.set_headers(&headers);
    let answer =
        JsFuture::from(leptos::prelude::window().fetch_with_str_and_init(&form.action(), &request))
            .await?;
    answer.dyn_into()
}

fn refusal(answer: &JsValue) -> Failure {
    let fields = Reflect::get(answer, &"fields".into())
        .ok()
        .filter(Array::is_array)
        .map(|fields| Array::from(&fields))
        .unwrap_or_default();
    let fields = fields
        .iter()
        .map(|field| (text(&field, "field"), text(&field, "message")))
        .collect();
    Failure {
        code: text(answer, "code"),
        message: text(answer, "details"),
        fields,
        confirm_at: text(answer, "confirm_at"),
    }
}
