//! The forms that change an API: one for each setting, so that nobody overwrites another setting by
//! accident.

use domain::Environment;
use domain::api::KeyHeader;
use leptos::prelude::*;

use super::ApiPageData;
use crate::components::field::Field;
use crate::components::form_card::FormCard;
use crate::components::ip_list::{ip_list, lines};
use crate::pages::apis::fields;
use crate::server_fns::apis::BOTH;
use crate::shared_view::icon;
use crate::words;

const CHANGE: &str = "/ui/change_api";

/// The forms, with the one that archives the API last.
pub fn settings(shown: &ApiPageData) -> AnyView {
    view! { {rename(shown)}{permissions(shown)}{keys(shown)}{ips(shown)}{archive(shown)} }
        .into_any()
}

fn card(
    shown: &ApiPageData,
    title: &'static str,
    note: Option<&'static str>,
    body: AnyView,
    button: AnyView,
) -> AnyView {
    FormCard {
        function: CHANGE,
        title,
        body,
        note,
        button,
    }
    .render(&shown.room, Some(("api", shown.api.slug.to_string())))
}

fn save(label: &'static str) -> AnyView {
    view! { <button class="button">{label}</button> }.into_any()
}

fn rename(shown: &ApiPageData) -> AnyView {
    let typed = shown
        .form
        .typed("name")
        .unwrap_or(&shown.api.name)
        .to_owned();
    let body = fields::name(shown.form.problem(), typed, false);
    card(
        shown,
        words::apis::RENAME,
        None,
        body,
        save(words::apis::RENAME_BUTTON),
    )
}

fn permissions(shown: &ApiPageData) -> AnyView {
    let declared = shown.api.scopes.lines();
    let typed = shown.form.typed("scopes").unwrap_or(&declared);
    let body = fields::permissions(shown.form.problem(), typed);
    card(
        shown,
        words::apis::CHANGE_PERMISSIONS,
        Some(words::apis::PERMISSIONS_CHANGE),
        body,
        save(words::apis::CHANGE_PERMISSIONS),
    )
}

/// The header that carries the keys, their environments, and what the gate says of them.
fn keys(shown: &ApiPageData) -> AnyView {
    let problem = shown.form.problem();
    let header = Field::new(
        "key_header",
        words::apis::KEY_HEADER,
        words::apis::KEY_HEADER_HINT,
        problem,
    );
    let environments = Field::new(
        "environments",
        words::apis::ENVIRONMENTS,
        words::apis::ENVIRONMENTS_HINT,
        problem,
    );
    let headers = KeyHeader::ALL
        .into_iter()
        .map(|one| (one.as_str(), one.label(), one == shown.api.key_header));
    let all = shown.api.environments.len() == Environment::ALL.len();
    let single = Environment::ALL.into_iter().map(|one| {
        let chosen = !all && shown.api.environments.contains(&one);
        (one.as_str(), one.label(), chosen)
    });
    let choices = [(BOTH, words::apis::BOTH_ENVIRONMENTS, all)]
        .into_iter()
        .chain(single);
    let assertion = Field::new(
        "signed_assertion",
        words::apis::SIGNED_ASSERTION,
        words::apis::SIGNED_ASSERTION_HINT,
        problem,
    );
    let on = shown.api.signed_assertion;
    let switch = [
        ("false", words::apis::OFF, !on),
        ("true", words::apis::ON, on),
    ];
    let body = view! { {header.choice(headers)}{environments.choice(choices)}{assertion.choice(switch.into_iter())} };
    card(
        shown,
        words::apis::KEYS_SETTINGS,
        Some(words::apis::KEYS_CHANGE),
        body.into_any(),
        save(words::apis::SAVE_KEYS_SETTINGS),
    )
}

fn ips(shown: &ApiPageData) -> AnyView {
    let stored = lines(&shown.api.allowed_ips);
    let typed = shown.form.typed("allowed_ips").unwrap_or(&stored);
    card(
        shown,
        words::ip_list::TITLE,
        Some(words::ip_list::CHANGE_EFFECT),
        ip_list(words::ip_list::API_HINT, shown.form.problem(), typed),
        save(words::ip_list::CHANGE),
    )
}

/// The form that archives the API, or restores it.
fn archive(shown: &ApiPageData) -> AnyView {
    if shown.api.is_archived {
        let body = view! { <p>{words::apis::RESTORE_EFFECT}</p> }.into_any();
        let button = view! { <button class="button primary" name="archived" value="false">{words::apis::RESTORE}</button> };
        return card(
            shown,
            words::apis::RESTORE_TITLE,
            None,
            body,
            button.into_any(),
        );
    }
    let [refused, again] = words::apis::ARCHIVE_EFFECTS;
    let body = view! { <ul class="plain-list"><li>{icon("danger")}{refused}</li><li>{icon("rotate")}{again}</li></ul> };
    let button = view! { <button class="button danger" name="archived" value="true">{words::apis::ARCHIVE}</button> };
    card(
        shown,
        words::apis::ARCHIVE_TITLE,
        None,
        body.into_any(),
        button.into_any(),
    )
}
