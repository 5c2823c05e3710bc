//! The usage of a key.

use domain::Moment;
use domain::view::{CallerUse, KeyUsage, RefusedUse};
use leptos::prelude::*;

use super::KeyPageData;
use crate::components::call_bars::call_bars;
use crate::components::when;
use crate::routes::{DOCS_OF_COST, Location};
use crate::words;
use crate::words::call_bars::CallBars;

/// Calls, callers and refusals.
pub fn usage(shown: &KeyPageData) -> AnyView {
    let (usage, now) = (&shown.key.usage, shown.room.ctx.now());
    let log = Location::log_of(shown.room.organization(), shown.key.line.key.key_id);
    view! {
        <section class="panel" aria-labelledby="usage-title">
            <h2 id="usage-title">{words::key_usage::TITLE}</h2>
            {calls(usage, &log)}
            <h3>{words::key_usage::CALLERS}</h3>
            {callers(&usage.callers, now)}
            <h3>{words::key_usage::REFUSALS}</h3>
            {refusals(&usage.refusals, now)}
            <p class="hint">{words::key_usage::UP_TO_A_MINUTE_OLD}</p>
        </section>
    }
    .into_any()
}

fn calls(usage: &KeyUsage, log: &Location) -> AnyView {
    let bars = CallBars::of_days(&usage.days);
    if bars.is_quiet() {
        return view! { <p class="muted">{words::key_usage::NO_CALLS}</p> }.into_any();
    }
    let sum = |days: usize, label: &'static str| {
        view! { <div><dt>{label}</dt><dd><strong class="number">{words::key_usage::calls(usage.calls(days))}</strong></dd></div> }
    };
    view! {
        <dl class="sums">{sum(7, words::key_usage::LAST_7_DAYS)}{sum(30, words::key_usage::LAST_30_DAYS)}</dl>
        {call_bars(&bars, Some(log))}
        <p class="hint">{words::call_bars::DAYS_LEAD_TO_LOG}" "{words::key_usage::cost(usage.cost(30))}" "<a href=DOCS_OF_COST>{words::key_usage::ABOUT_COST}</a></p>
    }
    .into_any()
}

fn callers(callers: &[CallerUse], now: Moment) -> AnyView {
    if callers.is_empty() {
        return view! { <p class="muted">{words::NONE}</p> }.into_any();
    }
    let line = |one: &CallerUse| {
        view! {
            <li>
                <div>
                    <code>{one.address.clone()}</code>
                    <span class="sub"><bdi>{one.agent.clone()}</bdi></span>
                </div>
                <div class="end">
                    {when(now, one.at)}
                    <span class="sub">{words::key_usage::calls(one.calls)}</span>
                </div>
            </li>
        }
    };
    view! { <ul class="lines">{callers.iter().map(line).collect_view()}</ul> }.into_any()
}

fn refusals(refusals: &[RefusedUse], now: Moment) -> AnyView {
    if refusals.is_empty() {
        return view! { <p class="muted">{words::key_usage::NO_REFUSALS}</p> }.into_any();
    }
    let line = |one: &RefusedUse| {
        let from = one
            .address
            .clone()
            .map(|address| view! { <span class="sub"><code>{address}</code></span> });
        view! {
            <li>
                <div>{one.cause.label()}{from}</div>
                <div class="end">
                    {when(now, one.at)}
                    <span class="sub">{words::format::plural(one.count, "time")}</span>
                </div>
            </li>
        }
    };
    view! { <ul class="lines">{refusals.iter().map(line).collect_view()}</ul> }.into_any()
}
