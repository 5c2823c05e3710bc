//! The forms that change an organization: one for each setting, so that nobody overwrites another
//! setting by accident.

use domain::organization::KeyMakers;
use leptos::prelude::*;

use super::OrganizationPageData;
use crate::components::field::Field;
use crate::components::form_card::FormCard;
use crate::words;

/// The forms, for admins and owners.
pub fn forms(shown: &OrganizationPageData) -> AnyView {
    view! { {rename(shown)}{makers(shown)}{keys_make_keys(shown)}{lifetime(shown)}{preselected(shown)} }.into_any()
}

const RULES: &str = "/ui/change_key_rules";

/// The button. Its name for screen readers says what it saves.
fn save(title: &'static str) -> AnyView {
    view! { <button class="button">{words::organization::SAVE}<span class="visually-hidden">" "{title}</span></button> }
        .into_any()
}

fn rename(shown: &OrganizationPageData) -> AnyView {
    let field = Field::new(
        "name",
        words::organization::NAME,
        words::organization::NAME_HINT,
        shown.problem.as_ref(),
    );
    let typed = shown.name.clone();
    let input = view! { <input class="input" id="name" name="name" required autocomplete="organization" dir="auto" value=typed aria-describedby=field.described() aria-invalid=field.invalid()/> };
    let body = field.render(input.into_any());
    let (function, title, button) = (
        "/ui/rename_organization",
        words::organization::NAME_TITLE,
        save(words::organization::NAME_TITLE),
    );
    FormCard {
        function,
        title,
        body,
        note: None,
        button,
    }
    .render(&shown.room, None)
}

fn lifetime(shown: &OrganizationPageData) -> AnyView {
    let field = Field::new(
        "max_key_days",
        words::organization::LIFETIME_DAYS,
        words::organization::LIFETIME_HINT,
        shown.problem.as_ref(),
    );
    let (function, title, note) = (
        "/ui/limit_key_lifetime",
        words::organization::MAXIMUM_LIFETIME,
        Some(words::organization::LIFETIME_KEEPS),
    );
    FormCard {
        function,
        title,
        body: field.days(
            shown.max_key_days.clone(),
            words::organization::NO_LIMIT,
        ),
        note,
        button: save(title),
    }
    .render(&shown.room, None)
}

fn preselected(shown: &OrganizationPageData) -> AnyView {
    let field = Field::new(
        "default_key_days",
        words::organization::PRESELECTED_DAYS,
        words::organization::PRESELECTED_HINT,
        shown.problem.as_ref(),
    );
    let (function, title, note) = (
        "/ui/preselect_expiration",
        words::organization::PRESELECTED,
        Some(words::organization::PRESELECTED_NOTE),
    );
    FormCard {
        function,
        title,
        body: field.days(
            shown.default_key_days.clone(),
            words::create_key::NO_EXPIRATION,
        ),
        note,
        button: save(title),
    }
    .render(&shown.room, None)
}

/// Radio buttons for a choice.
fn choices<const N: usize>(
    name: &'static str,
    title: &'static str,
    offers: [(&'static str, &'static str, bool); N],
) -> AnyView {
    let choice = |(value, text, chosen): (&'static str, &'static str, bool)| {
        view! { <label class="card"><input type="radio" name=name value=value checked=chosen/><span>{text}</span></label> }
    };
    view! {
        <fieldset class="field" id=name>
            <legend class="visually-hidden">{title}</legend>
            <div class="cards">{offers.map(choice).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

fn makers(shown: &OrganizationPageData) -> AnyView {
    let offers = KeyMakers::ALL.map(|who| {
        (
            who.as_str(),
            words::organization::key_makers(who),
            who == shown.view.key_makers,
        )
    });
    let body = choices("key_makers", words::organization::KEY_MAKERS, offers);
    let (title, note) = (
        words::organization::KEY_MAKERS,
        Some(words::organization::KEY_MAKERS_HINT),
    );
    FormCard {
        function: RULES,
        title,
        body,
        note,
        button: save(title),
    }
    .render(&shown.room, None)
}

fn keys_make_keys(shown: &OrganizationPageData) -> AnyView {
    let may = shown.view.keys_make_keys;
    let offers = [
        ("true", words::organization::KEYS_MAKE_KEYS_YES, may),
        ("false", words::organization::KEYS_MAKE_KEYS_NO, !may),
    ];
    let body = choices(
        "keys_make_keys",
        words::organization::KEYS_MAKE_KEYS,
        offers,
    );
    let (title, note) = (
        words::organization::KEYS_MAKE_KEYS,
        Some(words::organization::KEYS_MAKE_KEYS_HINT),
    );
    FormCard {
        function: RULES,
        title,
        body,
        note,
        button: save(title),
    }
    .render(&shown.room, None)
}

/// The settings for members, who can only read them.
pub fn read_only(shown: &OrganizationPageData) -> AnyView {
    let view = &shown.view;
    let keys = if view.keys_make_keys {
        words::organization::KEYS_MAKE_KEYS_YES
    } else {
        words::organization::KEYS_MAKE_KEYS_NO
    };
    view! {
        <div class="sheet">
            <div class="sheet-head"><h2>{words::organization::KEY_RULES}</h2></div>
            <div class="sheet-body">
                <dl class="facts">
                    <dt>{words::organization::KEY_MAKERS}</dt><dd>{words::organization::key_makers(view.key_makers)}</dd>
                    <dt>{words::organization::KEYS_MAKE_KEYS}</dt><dd>{keys}</dd>
                    <dt>{words::organization::MAXIMUM_LIFETIME}</dt><dd>{words::organization::lifetime(view.max_key_days)}</dd>
                    <dt>{words::organization::PRESELECTED}</dt><dd>{words::organization::preselected(view.default_key_days)}</dd>
                </dl>
            </div>
            <div class="sheet-foot"><p class="push">{words::organization::READ_ONLY}</p></div>
        </div>
    }
    .into_any()
}
