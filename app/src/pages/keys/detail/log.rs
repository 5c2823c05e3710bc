//! The latest events of a key.

use domain::view::AuditView;
use leptos::prelude::*;

use super::KeyPageData;
use crate::components::when;
use crate::routes::Location;
use crate::words;

/// The number of events shown.
pub const EVENTS: i64 = 10;

/// The latest events, and a link to all of them.
pub fn log(shown: &KeyPageData) -> AnyView {
    let (room, key) = (&shown.room, shown.key.line.key.key_id);
    let now = room.ctx.now();
    let line = |event: &AuditView| {
        let with = event
            .via_key
            .clone()
            .map(|prefix| view! { <span class="sub">{words::audit_log::WITH_KEY}<code>{prefix}</code></span> });
        view! {
            <li>
                <div>
                    {event.action.label()}
                    <span class="sub">
                        {words::labels::BY}
                        <bdi>{event.actor_name.clone()}</bdi>
                    </span>
                    {with}
                </div>
                <div class="end">{when(now, event.at)}</div>
            </li>
        }
    };
    let events = match shown.events.is_empty() {
        true => view! { <p class="muted">{words::NONE}</p> }.into_any(),
        false => view! { <ul class="lines">{shown.events.iter().map(line).collect_view()}</ul> }
            .into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="log-title">
            <h2 id="log-title">{words::audit_log::KEY_EVENTS}</h2>
            {events}
            <p><a href=Location::log_of(room.organization(), key).path()>{words::audit_log::ALL_KEY_EVENTS}</a></p>
        </section>
    }
    .into_any()
}
