//! The forms that change an organization: its name, and the rules for its keys. The form of the
//! rules says what they were, and only what differs is changed, so that nobody overwrites by
//! accident what another admin has saved meanwhile.

use domain::organization::KeyMakers;
use leptos::prelude::*;

use super::{KeyRules, OrganizationPageData};
use crate::components::field::Field;
use crate::words;

/// The forms, for admins and owners.
pub fn forms(shown: &OrganizationPageData) -> AnyView {
    view! { {name(shown)}{rules(shown)} }.into_any()
}

/// A form on a card, with one button. Script disables the button until something has changed,
/// unless the form shows what was typed before it was refused.
fn form(
    shown: &OrganizationPageData,
    function: &'static str,
    title: &'static str,
    body: AnyView,
) -> AnyView {
    let waits_for_changes = shown.problem.is_none().then_some("");
    view! {
        <form class="sheet" method="post" action=function data-changes=waits_for_changes>
            {shown.room.fields(None)}
            <div class="sheet-head"><h2>{title}</h2></div>
            <div class="sheet-body">{body}</div>
            <div class="sheet-foot"><button class="button primary">{words::organization::SAVE}<span class="visually-hidden">" "{title}</span></button></div>
        </form>
    }
    .into_any()
}

fn name(shown: &OrganizationPageData) -> AnyView {
    let field = Field::new(
        "name",
        words::organization::NAME,
        words::organization::NAME_HINT,
        shown.problem.as_ref(),
    );
    let typed = shown.name.clone();
    let input = view! { <input class="input" id="name" name="name" required autocomplete="organization" dir="auto" value=typed aria-describedby=field.described() aria-invalid=field.invalid()/> };
    form(
        shown,
        "/ui/rename_organization",
        words::organization::NAME_TITLE,
        field.render(input.into_any()),
    )
}

fn rules(shown: &OrganizationPageData) -> AnyView {
    let (typed, problem) = (&shown.rules, shown.problem.as_ref());
    let makers = KeyMakers::ALL.map(|who| (who.as_str(), words::organization::key_makers(who)));
    let lifetime = Field::new(
        "max_key_days",
        words::organization::LIFETIME_DAYS,
        words::organization::LIFETIME_HINT,
        problem,
    );
    let preselected = Field::new(
        "default_key_days",
        words::organization::PRESELECTED_DAYS,
        words::organization::PRESELECTED_HINT,
        problem,
    );
    let body = view! {
        {choices(
            ("key_makers", &typed.key_makers),
            (words::organization::KEY_MAKERS, words::organization::KEY_MAKERS_HINT),
            makers,
        )}
        {choices(
            ("keys_make_keys", &typed.keys_make_keys),
            (words::organization::KEYS_MAKE_KEYS, words::organization::KEYS_MAKE_KEYS_HINT),
            [
                ("true", words::organization::KEYS_MAKE_KEYS_YES),
                ("false", words::organization::KEYS_MAKE_KEYS_NO),
            ],
        )}
        {lifetime.days(typed.max_key_days.clone(), words::organization::NO_LIMIT)}
        {preselected.days(typed.default_key_days.clone(), words::create_key::NO_EXPIRATION)}
        {before(&KeyRules::of(&shown.view))}
    };
    form(
        shown,
        "/ui/change_key_rules",
        words::organization::KEY_RULES,
        body.into_any(),
    )
}

/// The hidden fields with the rules as this page shows them.
fn before(current: &KeyRules) -> AnyView {
    [
        ("before[key_makers]", &current.key_makers),
        ("before[keys_make_keys]", &current.keys_make_keys),
        ("before[max_key_days]", &current.max_key_days),
        ("before[default_key_days]", &current.default_key_days),
    ]
    .map(|(name, value)| view! { <input type="hidden" name=name value=value.clone()/> })
    .into_any()
}

/// Radio buttons for a choice.
fn choices<const N: usize>(
    (name, chosen): (&'static str, &str),
    (title, hint): (&'static str, &'static str),
    offers: [(&'static str, &'static str); N],
) -> AnyView {
    let choice = |(value, text): (&'static str, &'static str)| {
        view! {
            <label class="card">
                <input type="radio" name=name value=value checked=value == chosen/>
                <span>{text}</span>
            </label>
        }
    };
    let hint_id = format!("{name}-hint");
    let described = hint_id.clone();
    view! {
        <fieldset class="field" id=name aria-describedby=described>
            <legend>{title}</legend>
            <div class="cards">{offers.map(choice).collect_view()}</div>
            <p class="hint" id=hint_id>{hint}</p>
        </fieldset>
    }
    .into_any()
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
