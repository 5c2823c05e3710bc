//! The usage of a key.

use domain::view::{CallerUse, KeyUsage, RefusedUse};
use domain::{Moment, view::DayUse};
use leptos::prelude::*;

use super::KeyPageData;
use crate::components::when;
use crate::routes::DOCS_OF_COST;
use crate::words;

const WIDTH: i64 = 300;
const HEIGHT: i64 = 48;

/// Calls, callers and refusals.
pub fn usage(shown: &KeyPageData) -> AnyView {
    let (usage, now) = (&shown.key.usage, shown.room.ctx.now());
    view! {
        <section class="panel" aria-labelledby="usage-title">
            <h2 id="usage-title">{words::key_usage::TITLE}</h2>
            {calls(usage)}
            <h3>{words::key_usage::CALLERS}</h3>
            {callers(&usage.callers, now)}
            <h3>{words::key_usage::REFUSALS}</h3>
            {refusals(&usage.refusals, now)}
            <p class="hint">{words::key_usage::UP_TO_A_MINUTE_OLD}</p>
        </section>
    }
    .into_any()
}

fn calls(usage: &KeyUsage) -> AnyView {
    let total = usage.calls(30);
    if total == 0 {
        return view! { <p class="muted">{words::key_usage::NO_CALLS}</p> }.into_any();
    }
    let sum = |days: usize, label: &'static str| {
        view! {
            <div><dt>{label}</dt><dd><strong class="number">{words::key_usage::calls(usage.calls(days))}</strong>", "<span class="number">{words::key_usage::cost(usage.cost(days))}</span></dd></div>
        }
    };
    view! {
        <dl class="sums">{sum(7, words::key_usage::LAST_7_DAYS)}{sum(30, words::key_usage::LAST_30_DAYS)}</dl>
        {sparkline(&usage.days, total)}
        {table(&usage.days)}
        <p><a href=DOCS_OF_COST>{words::key_usage::ABOUT_COST}</a></p>
    }
    .into_any()
}

/// A line chart of the last 30 days. The table below contains the same numbers.
fn sparkline(days: &[DayUse], total: i64) -> AnyView {
    let most = days
        .iter()
        .map(|day| day.calls)
        .max()
        .unwrap_or(0)
        .max(1);
    let count = i64::try_from(days.len()).unwrap_or(1).max(2);
    let point = |(n, day): (i64, &DayUse)| {
        let (x, y) = (
            n * WIDTH / (count - 1),
            HEIGHT - 2 - day.calls * (HEIGHT - 4) / most,
        );
        format!("{x},{y}")
    };
    let points = (0..)
        .zip(days)
        .map(point)
        .collect::<Vec<_>>()
        .join(" ");
    let area = format!("0,{HEIGHT} {points} {WIDTH},{HEIGHT}");
    view! {
        <svg class="sparkline" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=words::key_usage::sparkline(total, most)>
            <polygon points=area/><polyline points=points/>
        </svg>
    }
    .into_any()
}

fn table(days: &[DayUse]) -> AnyView {
    let day = |day: &DayUse| {
        let numbers = [day.calls, day.refused, day.cost]
            .map(|n| view! { <td>{words::format::grouped(n)}</td> });
        view! { <tr><th scope="row">{words::call_bars::day_label(&day.day)}</th>{numbers}</tr> }
    };
    let busy = days
        .iter()
        .rev()
        .filter(|day| day.calls + day.refused > 0)
        .map(day);
    view! {
        <details class="fold">
            <summary>{words::key_usage::DAILY}</summary>
            <table class="plain-table number">
                <thead><tr>{words::key_usage::DAY_COLUMNS.map(|name| view! { <th scope="col">{name}</th> })}</tr></thead>
                <tbody>{busy.collect_view()}</tbody>
            </table>
        </details>
    }
    .into_any()
}

fn callers(callers: &[CallerUse], now: Moment) -> AnyView {
    if callers.is_empty() {
        return view! { <p class="muted">{words::NONE}</p> }.into_any();
    }
    let line = |one: &CallerUse| {
        view! {
            <li><div><code>{one.address.clone()}</code><span class="sub"><bdi>{one.agent.clone()}</bdi></span></div><div class="end">{when(now, one.at)}<span class="sub">{words::key_usage::calls(one.calls)}</span></div></li>
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
            <li><div>{one.cause.label()}{from}</div><div class="end">{when(now, one.at)}<span class="sub">{words::format::plural(one.count, "time")}</span></div></li>
        }
    };
    view! { <ul class="lines">{refusals.iter().map(line).collect_view()}</ul> }.into_any()
}
