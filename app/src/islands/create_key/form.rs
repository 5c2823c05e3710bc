//! The form for a new key, which the server rendered in a dialog of the page.

use leptos::web_sys;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlSelectElement};

use crate::islands::browser::{Failure, all, around, attribute, by_id, wait_at};
use crate::words;

/// The selected access of each group.
const PICKED: &str = ".picks [value=read]:checked, .picks [value=write]:checked";
/// The choice of no template to start from.
const NO_START: &str = "[name=start][value=\"\"]";

/// The form.
pub fn find() -> Option<HtmlFormElement> {
    by_id("create-form")?.dyn_into().ok()
}

/// The form, if an event happened in it.
pub fn of_event(event: &Event) -> Option<HtmlFormElement> {
    around(event, "#create-form").and_then(|_| find())
}

/// Shows whether the button waits for a response.
pub fn wait(busy: bool) {
    if let Some(button) = by_id("create-key-button") {
        wait_at(&button, busy);
    }
}

/// What the person forgot. The server would refuse the form.
pub fn missing(form: &HtmlFormElement) -> Failure {
    let value = |id| by_id(id).map(|field| value_of(&field));
    let mut failure = Failure::of("");
    let mut add = |field: &str, sentence: &str| {
        failure
            .fields
            .push((field.to_owned(), sentence.to_owned()));
    };
    if value("name").is_some_and(|name| name.trim().is_empty()) {
        add("name", words::create_key::NAME_MISSING);
    }
    if value("actor_id").as_deref() == Some("new")
        && value("account_name").is_some_and(|name| name.trim().is_empty())
    {
        add("account_name", words::service_accounts::NAME_MISSING);
    }
    if checked(form, "template") == "custom" && picked_names(form).is_empty() {
        add("scopes", words::create_key::SCOPES_MISSING);
    }
    if value("expiry").as_deref() == Some("date") && value("expires_on").as_deref() == Some("") {
        add("expires_at", words::create_key::DAY_MISSING);
    }
    failure.code = "invalid_fields".into();
    failure
}

/// Handles a change of the permissions: a template fills in the single scopes, which are scrolled
/// into view. A change of these is no longer the template.
pub fn picked(form: &HtmlFormElement, event: &Event) {
    if let Some(start) = around(event, "[name=start]") {
        fill(form, &attribute(&start, "data-fill"));
    } else if around(event, ".picks").is_some() {
        check(form, NO_START);
    } else if around(event, "[name=template][value=custom]").is_some()
        && let Some(scopes) = by_id("scopes")
    {
        scopes.scroll_into_view();
    }
}

/// Selects the access that a template gives to each group, and none to the others.
fn fill(form: &HtmlFormElement, accesses: &str) {
    for row in rows(form) {
        let group = attribute(&row, "data-group");
        let access = accesses
            .split(' ')
            .filter_map(|word| word.split_once('='))
            .find(|(name, _)| *name == group);
        let access = access.map_or("none", |(_, access)| access);
        check(&row, &format!("[value={access}]"));
    }
}

/// Updates the hints of the form: whether the name is taken, how many scopes are selected, when
/// the key expires, and the summary.
pub fn update_hints(form: &HtmlFormElement) {
    let name = by_id("name").map(|name| value_of(&name));
    let taken = name.is_some_and(|name| is_taken(name.trim()));
    set_text(
        "name-taken",
        if taken {
            words::create_key::NAME_TAKEN
        } else {
            ""
        },
    );
    let names = picked_names(form);
    let n = i64::try_from(names.len()).unwrap_or_default();
    set_text("scope-count", &words::create_key::selected_scopes(n));
    let date = by_id("expires_on").map(|date| value_of(&date));
    if let Some(date) = &date {
        ask_about_far(date);
    }
    let day = date.and_then(|date| words::create_key::day_in_words(&date));
    let until = match &day {
        Some(day) => words::create_key::expires_at_end_of(day),
        None => words::create_key::EXPIRES_ON_CHOSEN_DAY.to_owned(),
    };
    set_text("until-date", &until);
    set_text(
        "create-summary",
        &summary(form, &names, day.as_deref()),
    );
}

/// Shows the checkbox for a day that is far ahead. A year of more digits is later.
fn ask_about_far(date: &str) {
    if let Some(checkbox) = by_id("confirm-far-expiry") {
        let after = attribute(&checkbox, "data-after");
        let is_far = (date.len(), date) > (after.len(), after.as_str());
        let checkbox: HtmlElement = checkbox.unchecked_into();
        checkbox.set_hidden(!is_far);
    }
}

/// What the key will be.
fn summary(form: &HtmlFormElement, names: &[String], day: Option<&str>) -> String {
    let permissions = match checked(form, "template").as_str() {
        "custom" => words::create_key::selected_permissions(names),
        _ => text_of(form, "[name=template]:checked + span .card-title"),
    };
    let owner = option("actor_id")
        .or_else(|| by_id("create-summary").map(JsCast::unchecked_into))
        .map(|owner| {
            let typed = attribute(&owner, "data-acts-as");
            let typed = by_id(&typed).map(|name| value_of(&name));
            typed
                .filter(|name| !name.trim().is_empty())
                .unwrap_or_else(|| attribute(&owner, "data-acts"))
        })
        .unwrap_or_default();
    let expiry = option("expiry");
    let end = expiry
        .as_ref()
        .and_then(|choice| choice.get_attribute("data-end"));
    let is_date = expiry.is_some_and(|choice| attribute(&choice, "value") == "date");
    let end = match (is_date, day) {
        (false, _) => words::create_key::ends(end.as_deref()),
        (true, Some(day)) => words::create_key::ends(Some(day)),
        (true, None) => words::create_key::ENDS_ON_NO_DAY.to_owned(),
    };
    let environment = text_of(form, ".segment:has(:checked)");
    words::create_key::summary(&environment, &permissions, &owner, &end)
}

/// The selected permissions that the key can have in its environment.
fn picked_names(form: &HtmlFormElement) -> Vec<String> {
    let is_test = checked(form, "environment") == "test";
    let name = |row: &Element| {
        let chosen = row.query_selector(PICKED).ok().flatten()?;
        let group = row.query_selector("th").ok().flatten()?;
        let group = group.first_child()?.text_content()?;
        Some(format!("{group} {}", attribute(&chosen, "value")))
    };
    rows(form)
        .iter()
        .filter(|row| !(is_test && row.class_list().contains("only-production")))
        .filter_map(name)
        .collect()
}

fn rows(form: &HtmlFormElement) -> Vec<Element> {
    let Ok(found) = form.query_selector_all("[data-group]") else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|n| found.get(n)?.dyn_into().ok())
        .collect()
}

/// The value of the selected choice.
fn checked(form: &HtmlFormElement, name: &str) -> String {
    form.query_selector(&format!("[name={name}]:checked"))
        .ok()
        .flatten()
        .map(|choice| attribute(&choice, "value"))
        .unwrap_or_default()
}

fn check(within: &Element, selector: &str) {
    let found = within.query_selector(selector).ok().flatten();
    if let Some(choice) = found.and_then(|found| found.dyn_into::<HtmlInputElement>().ok()) {
        choice.set_checked(true);
    }
}

/// The selected option of a list.
fn option(id: &str) -> Option<Element> {
    by_id(id)?
        .query_selector("option:checked")
        .ok()
        .flatten()
}

fn value_of(field: &Element) -> String {
    field
        .dyn_ref::<HtmlInputElement>()
        .map(HtmlInputElement::value)
        .or_else(|| {
            field
                .dyn_ref::<HtmlSelectElement>()
                .map(HtmlSelectElement::value)
        })
        .unwrap_or_default()
}

fn text_of(form: &HtmlFormElement, selector: &str) -> String {
    form.query_selector(selector)
        .ok()
        .flatten()
        .and_then(|found| found.text_content())
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn set_text(id: &str, text: &str) {
    if let Some(line) = by_id(id)
        && line.text_content().as_deref() != Some(text)
    {
        line.set_text_content(Some(text));
    }
}

/// Whether a key in the list has the name. The form only warns, because names need not be unique.
fn is_taken(name: &str) -> bool {
    all(".keys .name a[title]")
        .iter()
        .any(|link| attribute(link, "title") == name)
}
