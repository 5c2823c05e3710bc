//! The forms that change a service account: one for each setting, so that nobody overwrites another
//! setting by accident.

use leptos::prelude::*;

use super::ServiceAccountPageData;
use crate::components::form_card::FormCard;
use crate::components::service_accounts::{account_name, account_role};
use crate::shared_view::icon;
use crate::words;

/// The forms, with the one that disables the account last.
pub fn settings(shown: &ServiceAccountPageData) -> AnyView {
    view! { {rename(shown)}{change_role(shown)}{several(shown)}{disable(shown)} }.into_any()
}

const CHANGE: &str = "/ui/change_service_account";

fn account(shown: &ServiceAccountPageData) -> Option<(&'static str, String)> {
    Some(("actor_id", shown.account.actor_id.to_string()))
}

fn rename(shown: &ServiceAccountPageData) -> AnyView {
    let body = account_name(shown.problem.as_ref(), shown.name.clone(), false);
    let button =
        view! { <button class="button">{words::service_accounts::RENAME}</button> }.into_any();
    FormCard {
        function: "/ui/rename_service_account",
        title: words::service_accounts::RENAME,
        body,
        note: None,
        button,
    }
    .render(&shown.room, account(shown))
}

fn change_role(shown: &ServiceAccountPageData) -> AnyView {
    let body = account_role(shown.problem.as_ref(), shown.role);
    let button = view! { <button class="button">{words::change_role::TITLE}</button> }.into_any();
    let note = Some(words::service_accounts::ROLE_CHANGE);
    FormCard {
        function: CHANGE,
        title: words::change_role::TITLE,
        body,
        note,
        button,
    }
    .render(&shown.room, account(shown))
}

fn several(shown: &ServiceAccountPageData) -> AnyView {
    let (text, value, label) = match shown.account.allow_overlap {
        true => (
            words::service_accounts::MULTIPLE_KEYS_ALLOWED,
            "false",
            words::service_accounts::ALLOW_ONE_KEY,
        ),
        false => (
            words::service_accounts::ONE_KEY_ALLOWED,
            "true",
            words::service_accounts::ALLOW_MULTIPLE_KEYS,
        ),
    };
    let body = view! { <p>{text}</p> }.into_any();
    let button = view! { <button class="button" name="allow_overlap" value=value>{label}</button> }
        .into_any();
    FormCard {
        function: CHANGE,
        title: words::labels::ACTIVE_KEYS,
        body,
        note: None,
        button,
    }
    .render(&shown.room, account(shown))
}

/// The form that disables the account, or enables it again.
fn disable(shown: &ServiceAccountPageData) -> AnyView {
    if shown.account.is_disabled {
        let body = view! { <p>{words::service_accounts::ENABLE_EFFECT}</p> }.into_any();
        let button = view! { <button class="button primary" name="disabled" value="false">{words::service_accounts::ENABLE}</button> };
        let button = button.into_any();
        return FormCard {
            function: CHANGE,
            title: words::service_accounts::ENABLE_TITLE,
            body,
            note: None,
            button,
        }
        .render(&shown.room, account(shown));
    }
    let [refused, again] = words::service_accounts::DISABLE_EFFECTS;
    let body = view! {
        <ul class="plain-list"><li>{icon("danger")}{refused}</li><li>{icon("rotate")}{again}</li></ul>
    };
    let button = view! { <button class="button danger" name="disabled" value="true">{words::service_accounts::DISABLE}</button> };
    let (body, button) = (body.into_any(), button.into_any());
    FormCard {
        function: CHANGE,
        title: words::service_accounts::DISABLE_TITLE,
        body,
        note: None,
        button,
    }
    .render(&shown.room, account(shown))
}
