//! Who did what (RK-26).

use domain::event::Change;
use domain::policy::{Action, Grant, decide};
use domain::view::{AuditView, Page as Rows};
use domain::{Moment, OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use super::{Asked, Page};
use crate::bits::icon;
use crate::parts::frame::{Room, frame};
use crate::parts::when;
use crate::routes::{Place, Screen};
use crate::words;

const ROWS: i64 = 50;

/// The events within the person's reach (decision D26).
pub async fn show(asked: &Asked, organization: OrganizationId) -> Result<Page, Problem> {
    let visit = &asked.visit;
    let place = Place::of(Screen::AuditLog(organization.clone()), &asked.query);
    let room = Room::enter(visit, &organization, place).await?;
    let rows =
        visit.engine.read_audit(&room.ctx, room.place.before(), ROWS).await.map_err(|error| visit.tell(&error))?;
    let problem = asked.problem().cloned();
    Ok(Page::new(words::AUDIT_LOG, move || draw(&room, &rows, problem.as_ref())))
}

fn draw(room: &Room, rows: &Rows<AuditView>, problem: Option<&Problem>) -> AnyView {
    let all = decide(room.ctx.actor().role, Action::ReadAudit) == Grant::All;
    let content = match rows.rows.is_empty() {
        true => Either::Left(view! { <div class="empty">{icon("audit")}<p>{words::NO_EVENTS}</p></div> }),
        false => Either::Right(view! { {table(room, rows)}{pager(room, rows)} }),
    };
    let body = view! {
        <div class="page-head">
            <div><h1>{words::AUDIT_LOG}</h1><p class="lede">{words::audit_lede(all, &room.name)}</p></div>
        </div>
        {content}
    };
    frame(room, words::AUDIT_LOG, problem, body.into_any())
}

fn table(room: &Room, rows: &Rows<AuditView>) -> AnyView {
    let now = room.ctx.now();
    view! {
        <div class="table-wrap">
            <table class="table audit">
                <caption class="visually-hidden">{words::events_caption(&room.name)}</caption>
                <thead><tr>
                    <th scope="col">"Time"</th><th scope="col">"Actor"</th><th scope="col">"Action"</th>
                    <th scope="col">"Object"</th><th scope="col">"Address"</th>
                </tr></thead>
                <tbody>{rows.rows.iter().map(|event| row(event, now)).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(event: &AuditView, now: Moment) -> AnyView {
    let how = match &event.via_key {
        Some(prefix) => Either::Left(view! { <span class="sub">{words::WITH_KEY}<code>{prefix.clone()}</code></span> }),
        // What nobody in the organization did bears no such line.
        None => Either::Right(event.actor_id.map(|_| view! { <span class="sub">{words::PERSON}</span> })),
    };
    let object = match event.object_label.is_empty() {
        true => Either::Left(view! { <span class="muted">{words::NONE}</span> }),
        false => Either::Right(object(event)),
    };
    let address = match event.address.clone() {
        Some(address) => Either::Left(view! { <code>{address}</code> }),
        None => Either::Right(view! { <span class="muted">{words::NONE}</span> }),
    };
    view! {
        <tr id=format!("event-{}", event.n)>
            <td data-label="Time">{when(now, event.at)}</td>
            <td data-label="Actor"><div><bdi>{event.actor_name.clone()}</bdi>{how}</div></td>
            <td data-label="Action"><div>{event.action.label()}{details(event)}</div></td>
            <td data-label="Object">{object}</td>
            <td data-label="Address">{address}</td>
        </tr>
    }
    .into_any()
}

/// What it happened to. The public prefix of a key stands apart from its name, which may run from right to left.
fn object(event: &AuditView) -> impl IntoView + use<> {
    let whole = (event.object_label.as_str(), None);
    let (name, prefix) = match event.object_kind.as_str() {
        "key" => event.object_label.rsplit_once(" · ").map_or(whole, |(name, prefix)| (name, Some(prefix.to_owned()))),
        _ => whole,
    };
    let name = name.to_owned();
    view! { <bdi>{name}</bdi>{prefix.map(|prefix| view! { " · "<code>{prefix}</code> })} }
}

fn details(event: &AuditView) -> impl IntoView + use<> {
    let of = format!(" of event {} of {}", event.n, words::exact(event.at));
    view! {
        <details class="event">
            <summary>"Details"<span class="visually-hidden">{of}</span></summary>
            <dl class="facts">
                {event.changes.iter().map(change).collect_view()}
                <dt>"Event"</dt><dd class="number">{event.n}</dd>
                <dt>"Request"</dt><dd><code>{event.request_id.clone()}</code></dd>
            </dl>
        </details>
    }
}

fn change(change: &Change) -> impl IntoView + use<> {
    let value = |value: &String| words::changed_value(&change.field, value);
    let before = change.before.as_ref().map(value);
    let after = change.after.as_ref().map(value);
    let arrow = (before.is_some() && after.is_some()).then_some(" → ");
    let nothing = (before.is_none() && after.is_none())
        .then(|| view! { <span class="muted">{words::unchanged(&change.field)}</span> });
    view! {
        <dt>{words::changed_field(&change.field)}</dt>
        <dd>{before.map(|text| view! { <del>{text}</del> })}{arrow}{after.map(|text| view! { <ins>{text}</ins> })}{nothing}</dd>
    }
}

fn pager(room: &Room, rows: &Rows<AuditView>) -> AnyView {
    let numbers =
        rows.rows.first().zip(rows.rows.last()).map(|(first, last)| format!("Events {} to {}", first.n, last.n));
    let newest = room.place.before().map(|_| {
        view! { <a class="button" href=room.place.screen.path()>{icon("chevron-left")}"Newest"</a> }
    });
    let older = rows.next.map(|n| {
        let older = room.place.with("before", Some(&n.to_string()));
        view! { <a class="button" rel="next" href=older.path()>"Older"{icon("chevron-right")}</a> }
    });
    view! {
        <nav class="pager" aria-label="Pages">
            <p class="number">{numbers}</p>
            <div class="actions">{newest}{older}</div>
        </nav>
    }
    .into_any()
}
