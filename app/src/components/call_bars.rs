//! Calls over time, as bars without script, and as a table.

use leptos::prelude::*;

use crate::routes::Location;
use crate::words;
use crate::words::call_bars::{CallBar, CallBars};

/// The height of the bars, which three grid lines divide.
const HEIGHT: i64 = 120;
/// The space above them, for the tooltip.
const TOP: i64 = 20;
/// The labels below the bars, at most. Each needs this part of the width.
const LABELS: usize = 6;
/// The width of a bar, in thousandths of the space for it. The rest separates the bars.
const BAR: i64 = 700;
const PASSED: &str = "passed";
const REFUSED: &str = "refused";

/// The chart of consecutive hours or days: a legend, the bars, and a table that unfolds; or that
/// there were no calls. Each day leads to its events in an audit log, if there is one.
pub fn call_bars(calls: &CallBars, log: Option<&Location>) -> AnyView {
    if calls.is_quiet() {
        return view! { <p class="muted">{words::call_bars::none(calls)}</p> }.into_any();
    }
    view! { {legend()}{bars(calls, log)}{table(calls, log)} }.into_any()
}

/// The legend: calls are solid, refusals are hatched.
fn legend() -> AnyView {
    let swatch = |class: &'static str, name: &'static str| {
        view! {
            <li>
                <svg class="pattern-sample" aria-hidden="true"><rect class=class fill=fill(class) x="0.5" y="0.5" width="11" height="11" rx="2"/></svg>
                {name}
            </li>
        }
    };
    view! { <ul class="legend">{swatch(PASSED, words::overview::CALLS)}{swatch(REFUSED, words::overview::REFUSED)}</ul> }.into_any()
}

/// The events of the day of a bar.
fn events(one: &CallBar, log: Option<&Location>) -> Option<String> {
    let day = one.day.as_deref()?;
    let log = log?
        .with("from", Some(day))
        .with("until", Some(day));
    Some(log.path())
}

/// The bars, with one text for screen readers. The links of the days are for the pointer; those of
/// the table are for everyone.
fn bars(calls: &CallBars, log: Option<&Location>) -> AnyView {
    let bars = &calls.bars;
    let most = bars
        .iter()
        .map(|one| one.calls + one.refused)
        .max()
        .unwrap_or(0);
    let step = grid_step(most);
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    let marks = [3, 2, 1].map(|n| view! { <span>{words::format::grouped(n * step)}</span> });
    let lines = [0, 1, 2].map(|n| {
        let y = TOP + n * HEIGHT / 3;
        view! { <line class="grid" x1="0" x2="100%" y1=y y2=y/> }
    });
    view! {
        <figure class="chart">
            <div class="scale number" aria-hidden="true">{marks}</div>
            <p class="visually-hidden" role="img" aria-label=words::call_bars::chart(calls)></p>
            <svg class="bars" aria-hidden="true">
                <defs>
                    <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="ground" width="5" height="5"/><rect class="stripe" width="2" height="5"/>
                    </pattern>
                </defs>
                {lines}
                {(0..).zip(bars).map(|(n, one)| bar(n, count, one, 3 * step, events(one, log))).collect_view()}
                {ticks(bars, count)}
                <line class="grid base" x1="0" x2="100%" y1=TOP + HEIGHT y2=TOP + HEIGHT/>
            </svg>
        </figure>
    }
    .into_any()
}

/// The distance of the three grid lines: a round number, so that the highest bar is below the
/// third.
fn grid_step(most: i64) -> i64 {
    let least = most.max(1).saturating_add(2) / 3;
    let mut unit = 1_i64;
    loop {
        let round = [10, 15, 20, 25, 30, 40, 50, 60, 80]
            .map(|tenths| tenths * unit)
            .into_iter()
            .find(|tenths| tenths % 10 == 0 && tenths / 10 >= least);
        if let Some(tenths) = round {
            return tenths / 10;
        }
        unit = match unit.checked_mul(10) {
            Some(unit) if unit < i64::MAX / 80 => unit,
            _ => return least,
        };
    }
}

/// One bar: refusals on top of calls, with its tooltip above all bars at the end of the line: beside
/// the bar it would not fit on a phone.
fn bar(n: i64, count: i64, one: &CallBar, most: i64, events: Option<String>) -> AnyView {
    let (passed, refused) = (tall(one.calls, most), tall(one.refused, most));
    let (left, wide) = (n * 100_000 / count, 100_000 / count);
    let (x, width) = (percent(left), percent(wide * BAR / 1000));
    let part = |class: &'static str, from: i64, tall: i64| {
        let (x, width) = (x.clone(), width.clone());
        (tall > 0).then(
            || view! { <rect class=class fill=fill(class) x=x y=TOP + HEIGHT - from - tall width=width height=tall rx="1"/> },
        )
    };
    let (column, whole) = (percent(left), percent(wide));
    let bar = view! {
        <g>
            <rect class="day" x=column width=whole height=TOP + HEIGHT/>
            {part(PASSED, 0, passed)}
            {part(REFUSED, passed, refused)}
            <text class="tip" x="100%" y="11" text-anchor="end">{words::call_bars::bar(one)}</text>
        </g>
    };
    match events {
        Some(events) => view! { <a href=events tabindex="-1">{bar}</a> }.into_any(),
        None => bar.into_any(),
    }
}

/// The labels below the bars. A phone has space for every second one.
fn ticks(bars: &[CallBar], count: i64) -> AnyView {
    let tick = |(place, (n, text)): (usize, (i64, String))| {
        let class = if place % 2 == 0 {
            "tick"
        } else {
            "tick second"
        };
        view! { <text class=class x=percent(n * 100_000 / count) y=TOP + HEIGHT + 15>{text}</text> }
    };
    labels(bars)
        .into_iter()
        .enumerate()
        .map(tick)
        .collect_view()
        .into_any()
}

/// The labels that have enough space, each with the number of its bar.
fn labels(bars: &[CallBar]) -> Vec<(i64, String)> {
    let count = i64::try_from(bars.len()).unwrap_or(i64::MAX);
    let most = i64::try_from(LABELS).unwrap_or(i64::MAX);
    let labels: Vec<_> = (0..)
        .zip(bars)
        .filter_map(|(n, one)| Some((n, one.tick.clone()?)))
        .filter(|(n, _)| (count - n).saturating_mul(most) >= count)
        .collect();
    let every = labels.len().div_ceil(LABELS).max(1);
    labels.into_iter().step_by(every).collect()
}

fn percent(thousandths: i64) -> String {
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
}

/// The pattern of refusals. They are hatched, so that the chart does not depend on colors.
fn fill(class: &str) -> Option<&'static str> {
    (class == REFUSED).then_some("url(#hatch)")
}

/// The height of a number. A number above 0 is always visible.
const fn tall(n: i64, most: i64) -> i64 {
    let height = n * HEIGHT / most;
    if n > 0 && height < 2 { 2 } else { height }
}

fn table(calls: &CallBars, log: Option<&Location>) -> AnyView {
    let row = |one: &CallBar| {
        let label = one.label.clone();
        let label = match events(one, log) {
            Some(events) => view! { <a href=events>{label}</a> }.into_any(),
            None => label.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{label}</th>
                <td>{words::format::grouped(one.calls)}</td>
                <td>{words::format::grouped(one.refused)}</td>
            </tr>
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_do_not_overlap_however_many_days_there_are() {
        for days in [1, 7, 30, 48, 90, 365] {
            let day = |n: i64| domain::view::DayUse {
                day: domain::Moment(n * 86_400_000)
                    .to_rfc3339()
                    .chars()
                    .take(10)
                    .collect(),
                calls: 1,
                refused: 0,
                cost: 0,
            };
            let bars = CallBars::of_days(&(0..days).map(day).collect::<Vec<_>>()).bars;
            let places: Vec<i64> = labels(&bars)
                .into_iter()
                .map(|(n, _)| n)
                .chain([days])
                .collect();
            assert!(places.len() <= LABELS + 1, "{days} days");
            let least = days / 8;
            assert!(
                places
                    .windows(2)
                    .all(|pair| pair[1] - pair[0] >= least),
                "{days} days: {places:?}"
            );
        }
    }

    #[test]
    fn grid_lines_are_round_numbers_above_every_bar() {
        for (most, step) in [
            (0, 1),
            (1, 1),
            (3, 1),
            (4, 2),
            (30, 10),
            (31, 15),
            (171, 60),
            (1_000, 400),
        ] {
            assert_eq!(grid_step(most), step, "{most}");
        }
        assert!((0..5_000).all(|most| 3 * grid_step(most) >= most));
    }
}
