//! The expiration of a new key. Beside the choice is the moment at which the key would expire.

use domain::Moment;
use domain::command::{EXPIRY_DAYS, Expiry, FAR_DAYS};
use domain::organization::preselected_days;
use leptos::prelude::*;

use super::fault_line;
use super::typed_form::TypedForm;
use crate::words;

const DAY_SECONDS: i64 = 86_400;
/// The values of the choices without a number of days.
const DATE: &str = "date";
const NEVER: &str = "none";

/// What the choice of an expiration depends on.
#[derive(Clone, Copy)]
pub struct ExpiryChoice<'a> {
    /// What was typed.
    pub form: &'a TypedForm,
    /// The current time.
    pub now: Moment,
    /// The longest lifetime that the organization allows, in days.
    pub most_days: Option<i64>,
    /// What the organization preselects, in days; none for no expiration.
    pub default_days: Option<i64>,
}

/// The choice. The option of a number of days has the day that it ends on as `data-end`, for the
/// summary.
pub fn expiry(choice: ExpiryChoice<'_>) -> AnyView {
    let form = choice.form;
    let start = preselected(choice);
    let extra = extra_days(choice);
    let option = |value: String, text: String, end: Option<String>, is_extra: bool| {
        let selected = form.is_chosen("expiry", &value, &start);
        view! {
            <option
                value=value
                selected=selected
                data-end=end
                data-extra=is_extra.then_some("")
            >{text}</option>
        }
    };
    let days = allowed(choice).into_iter().map(|days| {
        option(
            days.to_string(),
            words::format::plural(days, "day"),
            Some(end_after(choice.now, days).to_day()),
            extra == Some(days),
        )
    });
    let never = || {
        option(
            NEVER.into(),
            words::create_key::NO_EXPIRATION.into(),
            None,
            false,
        )
    };
    let wrong = form.fault("expires_at").is_some();
    view! {
        <div class="field" id="expires_at">
            <label for="expiry">{words::create_key::EXPIRATION}</label>
            <div class="beside">
                <select
                    class="input short"
                    id="expiry"
                    name="expiry"
                    aria-describedby="expires_at-error"
                    aria-invalid=wrong.then_some("true")
                >
                    {days.collect_view()}
                    {option(DATE.into(), words::create_key::ON_A_DATE.into(), None, false)}
                    {choice.most_days.is_none().then(never)}
                </select>
                {last_day(choice)}
                <p class="hint">{until(choice)}</p>
            </div>
            {far(choice)}
            {choice.most_days.map(|days| view! { <p class="hint">{words::create_key::maximum_lifetime(days)}</p> })}
            {fault_line("expires_at", form.fault("expires_at"))}
        </div>
    }
    .into_any()
}

/// The field for the last day of the key, which unfolds for the choice of a date.
fn last_day(choice: ExpiryChoice<'_>) -> AnyView {
    let form = choice.form;
    let last = choice
        .most_days
        .map(|days| end_after(choice.now, days - 1).to_date());
    let wrong = form.fault("expires_at").is_some();
    let tomorrow = choice.now.plus_seconds(DAY_SECONDS).to_date();
    let typed = form.value("expires_on");
    view! {
        <input
            class="input short dated"
            type="date"
            id="expires_on"
            name="expires_on"
            min=tomorrow
            max=last
            value=typed
            aria-label=words::create_key::LAST_DAY
            aria-describedby="expires_at-error"
            aria-invalid=wrong.then_some("true")
        />
    }
    .into_any()
}

/// The checkbox for a day that is far ahead. The island shows it for such a day; without script, the
/// form shows it when it was refused.
fn far(choice: ExpiryChoice<'_>) -> AnyView {
    let form = choice.form;
    let typed = ["expiry", "expires_on"].map(|name| form.typed(name).unwrap_or_default());
    let hidden = !Expiry::of_form(typed[0], typed[1]).is_far_ahead(choice.now);
    let confirmed = form.typed("confirm_far_expiry").is_some();
    let after = end_after(choice.now, FAR_DAYS).to_date();
    view! {
        <span class="until until-date">
            <label class="choice" id="confirm-far-expiry" data-after=after hidden=hidden>
                <input type="checkbox" name="confirm_far_expiry" value="true" checked=confirmed/>
                {words::create_key::FAR_EXPIRY}
            </label>
        </span>
    }
    .into_any()
}

/// A sentence for each choice that says until when the key works. CSS shows the sentence of the
/// selected choice.
fn until(choice: ExpiryChoice<'_>) -> AnyView {
    let line = |class: String, text: String| view! { <span class=class>{text}</span> };
    let end = |days| words::create_key::expires_on(end_after(choice.now, days));
    let days = EXPIRY_DAYS.map(|days| line(format!("until until-{days}"), end(days)));
    let extra = extra_days(choice).map(|days| line("until until-extra".into(), end(days)));
    view! {
        {days.collect_view()}
        {extra}
        <span class="until until-date" id="until-date">{words::create_key::EXPIRES_ON_CHOSEN_DAY}</span>
        {line("until until-none".into(), words::create_key::WORKS_UNTIL_REVOKED.into())}
    }
    .into_any()
}

/// The lifetimes to choose from: those that the organization allows, and what it preselects.
fn allowed(choice: ExpiryChoice<'_>) -> Vec<i64> {
    let most = choice.most_days.unwrap_or(i64::MAX);
    let mut days: Vec<_> = EXPIRY_DAYS
        .into_iter()
        .chain(extra_days(choice))
        .filter(|days| *days <= most)
        .collect();
    days.sort_unstable();
    days
}

/// What the organization preselects, if the form does not offer it anyway.
fn extra_days(choice: ExpiryChoice<'_>) -> Option<i64> {
    preselected_days(choice.default_days, choice.most_days)
        .filter(|days| !EXPIRY_DAYS.contains(days))
}

/// The value of the preselected choice.
fn preselected(choice: ExpiryChoice<'_>) -> String {
    preselected_days(choice.default_days, choice.most_days)
        .map_or_else(|| NEVER.into(), |days| days.to_string())
}

fn end_after(now: Moment, days: i64) -> Moment {
    now.plus_seconds(days * DAY_SECONDS)
}
