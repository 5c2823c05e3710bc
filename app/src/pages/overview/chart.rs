//! Calls per day, as bars without script, and as a table.

use domain::view::DayUse;
use leptos::prelude::*;

use super::Glance;
use crate::words;

const HEIGHT: i64 = 120;
/// The width of a bar, in thousandths of the space for a day. The rest separates the bars.
const BAR: i64 = 700;
const PASSED: &str = "passed";
const REFUSED: &str = "refused";

/// The chart of the last 30 days.
pub fn chart(glance: &Glance) -> AnyView {
    let days = &glance.all.days;
    let quiet = days
        .iter()
        .all(|day| day.calls + day.refused == 0);
    let content = match quiet {
        true => view! { <p class="muted">{words::key_usage::NO_CALLS}</p> }.into_any(),
        false => view! { {legend()}{bars(days)}{table(days)} }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="calls-title">
            <h2 id="calls-title">{words::overview::CALLS_PER_DAY}</h2>
            {content}
            <p class="hint">{words::overview::CHART_HINT}</p>
        </section>
    }
    .into_any()
}

/// The legend: calls are solid, refusals are hatched.
fn legend() -> AnyView {
    let swatch = |class: &'static str, name: &'static str| {
        view! {
            <li>
                <svg class="pattern-sample" aria-hidden="true"><rect class=class fill=fill(class) x="0.5" y="0.5" width="11" height="11" rx="2"/></svg>{name}
            </li>
        }
    };
    view! { <ul class="legend">{swatch(PASSED, words::overview::CALLS)}{swatch(REFUSED, words::overview::REFUSED)}</ul> }.into_any()
}

fn bars(days: &[DayUse]) -> AnyView {
    let most = days
        .iter()
        .map(|day| day.calls + day.refused)
        .max()
        .unwrap_or(0)
        .max(1);
    let count = i64::try_from(days.len()).unwrap_or(1).max(1);
    let ends = [days.first(), days.last()]
        .map(|day| day.map(|day| view! { <span>{words::overview::day(&day.day)}</span> }));
    view! {
        <figure class="chart">
            <span class="most number" aria-hidden="true">{words::format::grouped(most)}</span>
            <svg class="bars" role="img" aria-label=words::overview::chart(days)>
                <defs>
                    <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="ground" width="5" height="5"/><rect class="stripe" width="2" height="5"/>
                    </pattern>
                </defs>
                {(0..).zip(days).map(|(n, day)| bar(n, count, day, most)).collect_view()}
            </svg>
            <figcaption aria-hidden="true">{ends}</figcaption>
        </figure>
    }
    .into_any()
}

/// The bar of one day: refusals on top of calls.
fn bar(n: i64, count: i64, day: &DayUse, most: i64) -> impl IntoView + use<> {
    let (passed, refused) = (tall(day.calls, most), tall(day.refused, most));
    let percent = |thousandths: i64| format!("{}.{:03}%", thousandths / 1000, thousandths % 1000);
    let (left, wide) = (n * 100_000 / count, 100_000 / count);
    let (x, width) = (percent(left), percent(wide * BAR / 1000));
    let part = |class: &'static str, from: i64, tall: i64| {
        let (x, width) = (x.clone(), width.clone());
        (tall > 0).then(
            || view! { <rect class=class fill=fill(class) x=x y=HEIGHT - from - tall width=width height=tall rx="1"/> },
        )
    };
    let (column, whole) = (percent(left), percent(wide));
    view! {
        <g>
            <title>{words::overview::bar(day)}</title>
            <rect class="day" x=column width=whole height=HEIGHT/>
            {part(PASSED, 0, passed)}
            {part(REFUSED, passed, refused)}
        </g>
    }
}

/// The pattern of refusals. They are hatched, so that the chart does not depend on colors.
fn fill(class: &str) -> Option<&'static str> {
    (class == REFUSED).then_some("url(#hatch)")
}

/// The height of a number. A number above 0 is always visible.
const fn tall(n: i64, most: i64) -> i64 {
    let height = n * (HEIGHT - 4) / most;
    if n > 0 && height < 2 { 2 } else { height }
}

fn table(days: &[DayUse]) -> AnyView {
    let row = |day: &DayUse| {
        view! { <tr><th scope="row">{words::overview::day(&day.day)}</th><td>{words::format::grouped(day.calls)}</td><td>{words::format::grouped(day.refused)}</td></tr> }
    };
    view! {
        <details class="fold">
            <summary>{words::key_usage::DAILY}</summary>
            <table class="plain-table number">
                <caption class="visually-hidden">{words::overview::CALLS_PER_DAY}</caption>
                <thead><tr><th scope="col">{words::key_usage::DAY_COLUMNS[0]}</th><th scope="col">{words::overview::CALLS}</th><th scope="col">{words::overview::REFUSED}</th></tr></thead>
                <tbody>{days.iter().rev().map(row).collect_view()}</tbody>
            </table>
        </details>
    }
    .into_any()
}
