//! The calls of an API or of an owner: per hour, per day, and why requests were refused.

use std::collections::BTreeMap;

use domain::view::{Calls, RefusalCause};
use leptos::prelude::*;

use super::call_bars::call_bars;
use crate::words;
use crate::words::call_bars::{CallBars, Length};

/// The panel with both charts.
pub fn calls(calls: &Calls) -> AnyView {
    let chart = |length: Length| {
        let id = match length {
            Length::Hour => "calls-per-hour",
            Length::Day => "calls-per-day",
        };
        view! {
            <section aria-labelledby=id>
                <h2 id=id>{words::call_bars::title(length)}</h2>
                {call_bars(&CallBars::of_calls(calls, length), None)}
            </section>
        }
    };
    view! {
        <div class="panel calls">
            <div class="split">{chart(Length::Hour)}{chart(Length::Day)}</div>
            {refusals(calls)}
            <p class="hint">{words::call_bars::UP_TO_A_MINUTE_OLD}</p>
        </div>
    }
    .into_any()
}

/// Why requests were refused, the most frequent cause first; nothing if none was.
fn refusals(calls: &Calls) -> Option<AnyView> {
    let mut sums: BTreeMap<RefusalCause, i64> = BTreeMap::new();
    for (cause, count) in calls.days.iter().flat_map(|day| &day.refused) {
        *sums.entry(*cause).or_default() += count;
    }
    if sums.is_empty() {
        return None;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let lines = sums
        .into_iter()
        .map(|(cause, count)| view! { <li>{words::call_bars::refusals(cause, count)}</li> });
    Some(
        view! { <h3>{words::call_bars::REFUSALS_90_DAYS}</h3><ul class="plain-list">{lines.collect_view()}</ul> }
            .into_any(),
    )
}
