//! The number of keys of each status, with a link to them.

use domain::command::StatusFilter;
use leptos::prelude::*;

use super::Glance;
use crate::routes::{Location, Screen};
use crate::words;

/// The numbers.
pub fn counts(glance: &Glance) -> AnyView {
    let keys = &glance.all.keys;
    let states = [
        (StatusFilter::Active, keys.active, ""),
        (StatusFilter::Exposed, keys.exposed, "danger"),
        (StatusFilter::Expiring, keys.expiring, "warning"),
        (StatusFilter::Unused, keys.unused, "warning"),
        (StatusFilter::Expired, keys.expired, ""),
        (StatusFilter::Revoked, keys.revoked, ""),
    ];
    view! {
        <section aria-labelledby="counts-title">
            <h2 class="visually-hidden" id="counts-title">{words::overview::KEYS_BY_STATUS}</h2>
            <ul class="counts">{states.map(|(state, n, mood)| count(glance, state, n, mood)).collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn count(
    glance: &Glance,
    state: StatusFilter,
    n: i64,
    mood: &'static str,
) -> impl IntoView + use<> {
    // The list shows active keys by default.
    let word = (state != StatusFilter::Active).then_some(state.as_str());
    let path = Location::top(Screen::ApiKeys(glance.room.organization()))
        .with("status", word)
        .path();
    let class = if n == 0 { "none" } else { mood };
    view! {
        <li class=class>
            <a href=path>
                <strong class="number">{words::format::grouped(n)}</strong>
                " "
                <span>{words::overview::state(state.as_str())}</span>
            </a>
        </li>
    }
}
