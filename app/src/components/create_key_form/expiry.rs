//! The expiration of a new key. Each choice shows the day on which the key would expire.

use domain::Moment;
use domain::command::EXPIRY_DAYS;
use leptos::prelude::*;

use super::KeyForm;
use crate::components::fault_line;
use crate::words;

const PRESELECTED: i64 = 90;
const DAY_SECONDS: i64 = 86_400;

/// The choices.
pub fn expiry(form: &KeyForm) -> AnyView {
    let start = preselected(form);
    let chip = |value: String, title: String, note: Option<String>| {
        let checked = form.is_chosen("expiry", &value, &start);
        view! {
            <label class="chip">
                <input type="radio" name="expiry" value=value checked=checked/>
                <span>{title}{note.map(|note| view! { <span class="card-note">{note}</span> })}</span>
            </label>
        }
    };
    let days = allowed(form).map(|days| {
        chip(
            days.to_string(),
            words::format::plural(days, "day"),
            Some(end_after(form.now, days).to_day()),
        )
    });
    let never = || {
        chip(
            "none".into(),
            words::create_key::NO_EXPIRATION.into(),
            Some(words::create_key::UNTIL_REVOKED.into()),
        )
    };
    view! {
        <fieldset class="field" id="expires_at" aria-describedby="expires_at-error">
            <legend>{words::create_key::EXPIRATION}</legend>
            <div class="chips">
                {days.collect_view()}
                {chip("date".into(), words::create_key::ON_A_DATE.into(), None)}
                {form.most_days.is_none().then(never)}
            </div>
            {form.most_days.map(|days| view! { <p class="hint">{words::create_key::maximum_lifetime(days)}</p> })}
            {last_day(form)}
            {fault_line("expires_at", form.fault("expires_at"))}
        </fieldset>
    }
    .into_any()
}

/// The field for the last day of the key, which unfolds for the choice of a date.
fn last_day(form: &KeyForm) -> AnyView {
    let last = form
        .most_days
        .map(|days| end_after(form.now, days - 1).to_date());
    let wrong = form.fault("expires_at").is_some();
    let tomorrow = form.now.plus_seconds(DAY_SECONDS).to_date();
    let typed = form
        .typed("expires_on")
        .unwrap_or_default()
        .to_owned();
    view! {
        <div class="unfold dated">
            <label for="expires_on">{words::create_key::LAST_DAY}</label>
            <input class="input short" type="date" id="expires_on" name="expires_on" min=tomorrow max=last value=typed aria-describedby="expires_at-error" aria-invalid=wrong.then_some("true")/>
        </div>
    }
    .into_any()
}

/// A sentence for each choice that says until when the key works. CSS shows the sentence of the
/// selected choice.
pub fn until(form: &KeyForm) -> AnyView {
    let line = |class: String, text: String| view! { <span class=class>{text}</span> };
    let days = EXPIRY_DAYS.map(|days| {
        line(
            format!("until until-{days}"),
            words::create_key::expires_on(end_after(form.now, days)),
        )
    });
    view! {
        {days.collect_view()}
        {line("until until-date".into(), words::create_key::EXPIRES_ON_CHOSEN_DAY.into())}
        {line("until until-none".into(), words::create_key::WORKS_UNTIL_REVOKED.into())}
    }
    .into_any()
}

/// The lifetimes to choose from: those that the organization allows.
fn allowed(form: &KeyForm) -> impl Iterator<Item = i64> + use<> {
    let most = form.most_days.unwrap_or(i64::MAX);
    EXPIRY_DAYS
        .into_iter()
        .filter(move |days| *days <= most)
}

/// The default choice: 90 days, or else the longest lifetime allowed, or else a date.
fn preselected(form: &KeyForm) -> String {
    let days = allowed(form)
        .filter(|days| *days <= PRESELECTED)
        .last();
    days.map_or_else(|| "date".into(), |days| days.to_string())
}

fn end_after(now: Moment, days: i64) -> Moment {
    now.plus_seconds(days * DAY_SECONDS)
}
