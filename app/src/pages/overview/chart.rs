//! Calls per day.

use leptos::prelude::*;

use super::Glance;
use crate::components::call_bars::call_bars;
use crate::words;
use crate::words::call_bars::{CallBars, Length};

/// The chart of the last 30 days.
pub fn chart(glance: &Glance) -> AnyView {
    let calls = CallBars::of_days(&glance.all.days);
    view! {
        <section class="panel" aria-labelledby="calls-title">
            <h2 id="calls-title">{words::call_bars::title(Length::Day)}</h2>
            {call_bars(&calls)}
            <p class="hint">{words::overview::CHART_HINT}</p>
        </section>
    }
    .into_any()
}
