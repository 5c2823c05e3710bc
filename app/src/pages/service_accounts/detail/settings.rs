//! The settings of a service account: a row for each, which opens its form. A form changes one
//! setting, so that nobody overwrites another one by accident.

use leptos::prelude::*;

use super::ServiceAccountPageData;
use crate::components::service_accounts::{account_name, account_role, account_status};
use crate::routes::AccountSetting;
use crate::shared_view::icon;
use crate::words;

/// The ID of the card, for links to it.
pub const SETTINGS: &str = "settings";

const CHANGE: &str = "/ui/change_service_account";

/// The card, with the row that disables the account last.
pub fn settings(shown: &ServiceAccountPageData) -> AnyView {
    view! {
        <section class="sheet settings" id=SETTINGS aria-labelledby="settings-title">
            <div class="sheet-head"><h2 id="settings-title">{words::service_accounts::SETTINGS}</h2></div>
            {name(shown)}
            {role(shown)}
            {keys(shown)}
            {status(shown)}
        </section>
    }
    .into_any()
}

/// One setting: what it is, and the form that changes it.
struct Row {
    setting: AccountSetting,
    title: &'static str,
    value: AnyView,
    /// What opens the form.
    change: &'static str,
    function: &'static str,
    body: AnyView,
    button: AnyView,
}

impl Row {
    fn render(self, shown: &ServiceAccountPageData) -> AnyView {
        let account = Some(("actor_id", shown.account.actor_id.to_string()));
        view! {
            <details class="setting" open=shown.open == Some(self.setting)>
                <summary>
                    <span class="muted">{self.title}</span>
                    <span>{self.value}</span>
                    <span class="change">{self.change}</span>
                </summary>
                <form class="form" method="post" action=self.function>
                    {shown.room.fields(account)}
                    {self.body}
                    <div class="actions">{self.button}</div>
                </form>
            </details>
        }
        .into_any()
    }
}

fn name(shown: &ServiceAccountPageData) -> AnyView {
    let name = shown.account.name.clone();
    Row {
        setting: AccountSetting::Name,
        title: words::labels::NAME,
        value: view! { <bdi>{name}</bdi> }.into_any(),
        change: words::rename_key::LINK,
        function: "/ui/rename_service_account",
        body: account_name(shown.problem.as_ref(), shown.name.clone(), false),
        button: view! { <button class="button primary">{words::service_accounts::RENAME}</button> }
            .into_any(),
    }
    .render(shown)
}

fn role(shown: &ServiceAccountPageData) -> AnyView {
    let body = view! {
        {account_role(shown.problem.as_ref(), shown.role)}
        <p class="muted">{words::service_accounts::ROLE_CHANGE}</p>
    };
    Row {
        setting: AccountSetting::Role,
        title: words::labels::ROLE,
        value: shown.account.role.label().into_any(),
        change: words::change_role::LINK,
        function: CHANGE,
        body: body.into_any(),
        button: view! { <button class="button primary">{words::change_role::TITLE}</button> }
            .into_any(),
    }
    .render(shown)
}

fn keys(shown: &ServiceAccountPageData) -> AnyView {
    let (now, text, value, label) = match shown.account.allow_overlap {
        true => (
            words::service_accounts::SEVERAL_AT_A_TIME,
            words::service_accounts::MULTIPLE_KEYS_ALLOWED,
            "false",
            words::service_accounts::ALLOW_ONE_KEY,
        ),
        false => (
            words::service_accounts::ONE_AT_A_TIME,
            words::service_accounts::ONE_KEY_ALLOWED,
            "true",
            words::service_accounts::ALLOW_MULTIPLE_KEYS,
        ),
    };
    let button =
        view! { <button class="button primary" name="allow_overlap" value=value>{label}</button> };
    Row {
        setting: AccountSetting::Keys,
        title: words::labels::ACTIVE_KEYS,
        value: now.into_any(),
        change: words::service_accounts::CHANGE,
        function: CHANGE,
        body: view! { <p>{text}</p> }.into_any(),
        button: button.into_any(),
    }
    .render(shown)
}

/// The row that disables the account, or enables it again.
fn status(shown: &ServiceAccountPageData) -> AnyView {
    let is_disabled = shown.account.is_disabled;
    let (change, body, button) = if is_disabled {
        (
            words::service_accounts::ENABLE_LINK,
            view! { <p>{words::service_accounts::ENABLE_EFFECT}</p> }.into_any(),
            view! { <button class="button primary" name="disabled" value="false">{words::service_accounts::ENABLE}</button> }.into_any(),
        )
    } else {
        let [refused, again] = words::service_accounts::DISABLE_EFFECTS;
        (
            words::service_accounts::DISABLE_LINK,
            view! { <ul class="plain-list"><li>{icon("danger")}{refused}</li><li>{icon("rotate")}{again}</li></ul> }.into_any(),
            view! { <button class="button danger" name="disabled" value="true">{words::service_accounts::DISABLE}</button> }.into_any(),
        )
    };
    Row {
        setting: AccountSetting::Status,
        title: words::labels::STATUS,
        value: account_status(is_disabled).into_any(),
        change,
        function: CHANGE,
        body,
        button,
    }
    .render(shown)
}
