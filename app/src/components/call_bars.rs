//! Calls over time, as bars without script, and as a table.

use leptos::prelude::*;

use crate::words;
use crate::words::call_bars::{CallBar, CallBars};

const HEIGHT: i64 = 120;
/// The width of a bar, in thousandths of the space for it. The rest separates the bars.
const BAR: i64 = 700;
const PASSED: &str = "passed";
const REFUSED: &str = "refused";

/// The chart of consecutive hours or days: a legend, the bars, and a table that unfolds; or that
/// there were no calls.
pub fn call_bars(calls: &CallBars) -> AnyView {
    if calls.is_quiet() {
        return view! { <p class="muted">{words::call_bars::none(calls)}</p> }.into_any();
    }
    view! { {legend()}{bars(calls)}{table(calls)} }.into_any()
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

fn bars(calls: &CallBars) -> AnyView {
    let bars = &calls.bars;
    let most = bars
        .iter()
        .map(|one| one.calls + one.refused)
        .max()
        .unwrap_or(0)
        .max(1);
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    let ends = [bars.first(), bars.last()]
        .map(|one| one.map(|one| view! { <span>{one.label.clone()}</span> }));
    view! {
        <figure class="chart">
            <span class="most number" aria-hidden="true">{words::format::grouped(most)}</span>
            <svg class="bars" role="img" aria-label=words::call_bars::chart(calls)>
                <defs>
                    <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="ground" width="5" height="5"/><rect class="stripe" width="2" height="5"/>
                    </pattern>
                </defs>
                {(0..).zip(bars).map(|(n, one)| bar(n, count, one, most)).collect_view()}
            </svg>
            <figcaption aria-hidden="true">{ends}</figcaption>
        </figure>
    }
    .into_any()
}

/// One bar: refusals on top of calls.
fn bar(n: i64, count: i64, one: &CallBar, most: i64) -> impl IntoView + use<> {
    let (passed, refused) = (tall(one.calls, most), tall(one.refused, most));
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
            <title>{words::call_bars::bar(one)}</title>
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

fn table(calls: &CallBars) -> AnyView {
    let row = |one: &CallBar| {
        view! { <tr><th scope="row">{one.label.clone()}</th><td>{words::format::grouped(one.calls)}</td><td>{words::format::grouped(one.refused)}</td></tr> }
    };
    view! {
        <details class="fold">
            <summary>{words::call_bars::table(calls.length)}</summary>
            <table class="plain-table number">
                <caption class="visually-hidden">{words::call_bars::title(calls.length)}</caption>
                <thead><tr><th scope="col">{words::call_bars::column(calls.length)}</th><th scope="col">{words::overview::CALLS}</th><th scope="col">{words::overview::REFUSED}</th></tr></thead>
                <tbody>{calls.bars.iter().rev().map(row).collect_view()}</tbody>
            </table>
        </details>
    }
    .into_any()
}
