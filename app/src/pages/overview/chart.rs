//! Calls per day.

use leptos::prelude::*;

use super::Glance;
use crate::components::call_bars::call_bars;
use crate::routes::{Location, Screen};
use crate::words;
use crate::words::call_bars::{CallBars, Length};

/// The chart of the last 30 days.
pub fn chart(glance: &Glance) -> AnyView {
    let calls = CallBars::of_days(&glance.all.days);
    let log = Location::top(Screen::AuditLog(glance.room.organization()));
    view! {
        <section class="panel" aria-labelledby="calls-title">
            <h2 id="calls-title">{words::call_bars::title(Length::Day)}</h2>
            {call_bars(&calls, Some(&log))}
            <p class="hint">{words::overview::CHART_HINT}" "{words::call_bars::DAYS_LEAD_TO_LOG}</p>
        </section>
    }
    .into_any()
}
