//! One event: a row, with the changes in its details.

use domain::event::{Change, ObjectKind};
use domain::policy::{Action, Grant, decide};
use domain::view::AuditView;
use leptos::either::Either;
use leptos::prelude::*;

use super::Log;
use crate::components::avatar::small_avatar;
use crate::components::events::{label, page_of};
use crate::words;

/// A row of the table.
pub fn row(log: &Log, event: &AuditView) -> AnyView {
    let how = event
        .via_key
        .clone()
        .map(|prefix| view! { <span class="sub">{words::audit_log::WITH_KEY}<code>{prefix}</code></span> });
    let address = match event.address.clone() {
        Some(address) => Either::Left(view! { <code>{address}</code> }),
        None => Either::Right(view! { <span class="muted">{words::NONE}</span> }),
    };
    view! {
        <tr id=format!("event-{}", event.n)>
            <td class="number nowrap" data-label=words::audit_log::TIME_UTC>{time(log, event)}</td>
            <td data-label=words::audit_log::ACTOR><div>{actor(log, event)}{how}</div></td>
            <td data-label=words::audit_log::ACTION><div>{details(log, event)}</div></td>
            <td data-label=words::audit_log::OBJECT><div>{object(log, event)}</div></td>
            <td data-label=words::labels::IP_ADDRESS>{address}</td>
        </tr>
    }
    .into_any()
}

/// The exact time: readers of a log compare times. How long ago it was is the tooltip.
fn time(log: &Log, event: &AuditView) -> impl IntoView + use<> {
    let (now, at) = (log.room.ctx.now(), event.at);
    view! { <time datetime=at.to_rfc3339() title=words::format::ago(now, at)>{words::format::in_log(at)}</time> }
}

/// The actor, with a link to their other events.
fn actor(log: &Log, event: &AuditView) -> AnyView {
    let name = event.actor_name.clone();
    match event.actor_id {
        Some(id) => {
            let theirs = log
                .place()
                .with("actor", Some(&id.to_string()))
                .path();
            let avatar = small_avatar(id.0, &name);
            view! { {avatar}<a class="quiet" href=theirs><bdi>{name}</bdi></a> }.into_any()
        }
        None => view! { <bdi>{name}</bdi> }.into_any(),
    }
}

/// The object, with a link to its page if it has one.
fn object(log: &Log, event: &AuditView) -> AnyView {
    if event.object_label.is_empty() {
        return view! { <span class="muted">{words::NONE}</span> }.into_any();
    }
    let manages = decide(log.room.ctx.actor().role, Action::ListServiceAccounts) == Grant::All;
    let page =
        page_of(event, &log.room.organization()).filter(|_| manages || event.object_kind == "key");
    match page {
        Some(page) => view! { <a class="quiet" href=page.path()>{label(event)}</a> }.into_any(),
        None => label(event).into_any(),
    }
}

/// The action, which opens the details of the event.
fn details(log: &Log, event: &AuditView) -> AnyView {
    let of = words::audit_log::details_of(event.n, event.at);
    let agent = event
        .agent
        .clone()
        .map(|agent| view! { <dt>{words::labels::USER_AGENT}</dt><dd><bdi>{agent}</bdi></dd> });
    view! {
        <details class="event">
            <summary>{event.action.label()}<span class="visually-hidden">{of}</span></summary>
            <dl class="facts">
                {event.changes.iter().map(change).collect_view()}
                {object_id(log, event)}
                <dt>{words::labels::EVENT}</dt><dd class="number">{event.n}</dd>
                <dt>{words::audit_log::TIME}</dt><dd>{words::format::exact(event.at)}</dd>
                <dt>{words::labels::EVENT_REQUEST}</dt><dd><code>{event.request_id.clone()}</code></dd>
                {agent}
            </dl>
        </details>
    }
    .into_any()
}

/// The kind and ID of the object, with a link to all of its events.
fn object_id(log: &Log, event: &AuditView) -> Option<AnyView> {
    let kind: ObjectKind = event.object_kind.parse().ok()?;
    let place = log.place().with(
        "object",
        Some(&format!("{}:{}", event.object_kind, event.object_id)),
    );
    let all = (place.get("object").is_some() && place != *log.place())
        .then(|| view! { " "<a href=place.path()>{words::audit_log::ALL_FOR_OBJECT}</a> });
    let id = event.object_id.clone();
    Some(view! { <dt>{kind.label()}</dt><dd><code>{id}</code>{all}</dd> }.into_any())
}

fn change(change: &Change) -> impl IntoView + use<> {
    let value = |value: &String| words::audit_changes::value(&change.field, value);
    let before = change.before.as_ref().map(value);
    let after = change.after.as_ref().map(value);
    let arrow = (before.is_some() && after.is_some()).then_some(" → ");
    let nothing = (before.is_none() && after.is_none()).then(
        || view! { <span class="muted">{words::audit_changes::no_value(&change.field)}</span> },
    );
    view! {
        <dt>{words::audit_changes::field(&change.field)}</dt>
        <dd>
            {before.map(|text| view! { <del><bdi>{text}</bdi></del> })}
            {arrow}
            {after.map(|text| view! { <ins><bdi>{text}</bdi></ins> })}
            {nothing}
        </dd>
    }
}
