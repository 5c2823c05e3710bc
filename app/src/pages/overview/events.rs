//! The latest events, and the number of members and service accounts, for admins and owners.

use domain::view::AuditView;
use leptos::prelude::*;

use super::Glance;
use crate::components::events::{label, page_of};
use crate::components::when;
use crate::routes::Screen;
use crate::shared_view::icon;
use crate::words;

/// The latest events and the numbers. `None` for members, who only see their own part of the audit
/// log.
pub fn events(glance: &Glance) -> Option<AnyView> {
    let (room, staff) = (&glance.room, glance.all.staff?);
    let link = |screen: Screen, glyph: &'static str, text: String| {
        view! { <li><a href=screen.path()>{icon(glyph)}{text}</a></li> }
    };
    Some(
        view! {
            <section class="panel" aria-labelledby="events-title">
                <h2 id="events-title">{words::overview::LATEST_EVENTS}</h2>
                <ul class="lines">{glance.all.events.iter().map(|event| line(glance, event)).collect_view()}</ul>
                <p><a href=Screen::AuditLog(room.organization()).path()>{words::overview::ALL_EVENTS}</a></p>
            </section>
            <ul class="staff" aria-label=words::overview::MEMBERS_AND_SERVICE_ACCOUNTS>
                {link(Screen::Members(room.organization()), "members", words::overview::members_count(staff.members))}
                {link(Screen::ServiceAccounts(room.organization()), "robot", words::overview::accounts_count(staff.service_accounts))}
            </ul>
        }
        .into_any(),
    )
}

fn line(glance: &Glance, event: &AuditView) -> impl IntoView + use<> {
    let room = &glance.room;
    let page = page_of(event, &room.organization());
    // For a sign-in, actor and object are the same person, so the name appears once.
    let apart = !event.object_label.is_empty() && event.object_label != event.actor_name;
    let object = apart.then(|| match page {
        Some(page) => view! { ": "<a href=page.path()>{label(event)}</a> }.into_any(),
        None => view! { ": "{label(event)} }.into_any(),
    });
    view! {
        <li>
            <div>
                {event.action.label()}
                {object}
                <span class="sub">{words::labels::BY}<bdi>{event.actor_name.clone()}</bdi></span>
            </div>
            <div class="end">{when(room.ctx.now(), event.at)}</div>
        </li>
    }
}
