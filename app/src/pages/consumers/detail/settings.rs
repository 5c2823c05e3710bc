//! The forms that change a consumer: one for each setting, so that nobody overwrites another setting
//! by accident.

use leptos::prelude::*;

use super::ConsumerPageData;
use crate::components::field::Field;
use crate::components::form_card::FormCard;
use crate::components::ip_list::{ip_list, lines};
use crate::pages::consumers::fields;
use crate::shared_view::icon;
use crate::words;

/// The forms, with the one that pauses the consumer last.
pub fn settings(shown: &ConsumerPageData) -> AnyView {
    view! { {rename(shown)}{metadata(shown)}{ips(shown)}{pause(shown)} }.into_any()
}

fn card(shown: &ConsumerPageData, title: &'static str, body: AnyView, button: AnyView) -> AnyView {
    FormCard {
        function: "/ui/change_consumer",
        title,
        body,
        note: None,
        button,
    }
    .render(
        &shown.room,
        Some(("actor_id", shown.consumer.actor_id.to_string())),
    )
}

fn rename(shown: &ConsumerPageData) -> AnyView {
    let field = Field::new(
        "name",
        words::labels::NAME,
        words::consumers::RENAME_HINT,
        shown.form.problem(),
    );
    let typed = shown
        .form
        .typed("name")
        .unwrap_or(&shown.consumer.name)
        .to_owned();
    let body = field.text(typed, words::consumers::NAME_SAMPLE, true, false);
    let button = view! { <button class="button">{words::consumers::RENAME}</button> };
    card(
        shown,
        words::consumers::RENAME,
        body,
        button.into_any(),
    )
}

fn metadata(shown: &ConsumerPageData) -> AnyView {
    let stored = match shown.consumer.metadata.is_empty() {
        true => String::new(),
        false => shown.consumer.metadata.json(),
    };
    let typed = shown.form.typed("metadata").unwrap_or(&stored);
    let body = fields::metadata(
        words::consumers::METADATA,
        shown.form.problem(),
        typed,
    );
    let button = view! { <button class="button">{words::consumers::CHANGE_METADATA}</button> };
    card(
        shown,
        words::consumers::METADATA,
        body,
        button.into_any(),
    )
}

fn ips(shown: &ConsumerPageData) -> AnyView {
    let stored = lines(&shown.consumer.allowed_ips);
    let typed = shown.form.typed("allowed_ips").unwrap_or(&stored);
    let body = ip_list(
        words::ip_list::CONSUMER_HINT,
        shown.form.problem(),
        typed,
    );
    let button = view! { <button class="button">{words::ip_list::CHANGE}</button> };
    card(shown, words::ip_list::TITLE, body, button.into_any())
}

/// The form that pauses the consumer, or resumes it.
fn pause(shown: &ConsumerPageData) -> AnyView {
    if shown.consumer.is_paused {
        let body = view! { <p>{words::consumers::RESUME_EFFECT}</p> }.into_any();
        let button = view! { <button class="button primary" name="paused" value="false">{words::consumers::RESUME}</button> };
        return card(
            shown,
            words::consumers::RESUME_TITLE,
            body,
            button.into_any(),
        );
    }
    let [refused, again] = words::consumers::PAUSE_EFFECTS;
    let body = view! { <ul class="plain-list"><li>{icon("danger")}{refused}</li><li>{icon("rotate")}{again}</li></ul> };
    let button = view! { <button class="button danger" name="paused" value="true">{words::consumers::PAUSE}</button> };
    card(
        shown,
        words::consumers::PAUSE_TITLE,
        body.into_any(),
        button.into_any(),
    )
}
