//! Organization Settings → API Keys (RK-07).

use domain::command::KeyQuery;
use domain::policy::{Action, Grant, decide};
use domain::view::{KeyLine, KeyView, Page as Rows};
use domain::{KeyId, Moment, OrganizationId, Problem};
use leptos::either::Either;
use leptos::prelude::*;

use super::{Asked, Page};
use crate::bits::{icon, preview};
use crate::doors::Flash;
use crate::islands::create::CreateDialog;
use crate::islands::revoke::RevokeDialog;
use crate::parts::frame::{Room, frame};
use crate::parts::{used, when};
use crate::routes::{Place, Screen};
use crate::words;

const ROWS: i64 = 50;

struct List {
    room: Room,
    rows: Rows<KeyLine>,
    flash: Option<Flash>,
    url: String,
    problem: Option<Problem>,
}

/// The list of keys within the person's reach.
pub async fn show(asked: &Asked, organization: OrganizationId) -> Result<Page, Problem> {
    let visit = &asked.visit;
    let place = Place { screen: Screen::ApiKeys(organization.clone()), before: asked.before() };
    let room = Room::enter(visit, &organization, place).await?;
    let query = KeyQuery { after: asked.before().map(KeyId), ..KeyQuery::default() };
    let rows = visit.engine.list_keys(&room.ctx, &query, ROWS).await.map_err(|error| visit.tell(&error))?;
    let (flash, url) = (visit.take_flash().await, visit.installation.public_url.clone());
    let list = List { room, rows, flash, url, problem: asked.problem().cloned() };
    Ok(Page { islands: true, ..Page::new(words::API_KEYS, move || draw(&list)) })
}

fn draw(list: &List) -> AnyView {
    let room = &list.room;
    let all = decide(room.ctx.actor().role, Action::ListKeys) == Grant::All;
    let content = match list.rows.rows.is_empty() && room.place.before.is_none() {
        true => Either::Left(empty(list)),
        false => Either::Right(view! { {table(list)}{pager(list)} }),
    };
    let body = view! {
        {told(list)}
        <div class="page-head">
            <div><h1>{words::API_KEYS}</h1><p class="lede">{words::keys_lede(all, &room.name)}</p></div>
            {create_link(list, fresh(list).is_some())}
        </div>
        {content}
        {tips()}
    };
    view! { {frame(room, words::API_KEYS, list.problem.as_ref(), body.into_any())}{view! { <CreateDialog/> }.into_any()}{view! { <RevokeDialog/> }.into_any()} }
    .into_any()
}

/// The deed of the page before, told once.
fn told(list: &List) -> impl IntoView + use<> {
    let Some(Flash::Revoked { name, fresh }) = &list.flash else { return None };
    let text = if *fresh { "” is revoked. " } else { "” had been revoked before. " };
    let log = Screen::AuditLog(list.room.organization()).path();
    let name = name.clone();
    Some(view! {
        <div class="notice success" role="status">{icon("check")}<p>"“"<bdi>{name}</bdi>{text}<a href=log>{words::VIEW_IN_LOG}</a></p></div>
    })
}

/// The key that was made just now.
fn fresh(list: &List) -> Option<KeyId> {
    match list.flash {
        Some(Flash::Created { key_id }) => Some(key_id),
        _ => None,
    }
}

/// Begins making a key (RK-08): a link to a page, which the island turns into a dialog. Whoever comes back from there
/// finds the focus here again.
fn create_link(list: &List, back: bool) -> impl IntoView + use<> {
    let room = &list.room;
    let organization = room.organization();
    view! {
        <a
            class="button primary"
            autofocus=back
            href=Screen::NewKey(organization.clone()).path()
            data-create=organization.to_string()
            data-acts-as=words::acts_as(&room.ctx.actor().name, &room.name)
            data-url=list.url.clone()
        >{icon("plus")}{words::CREATE_KEY}</a>
    }
}

fn empty(list: &List) -> AnyView {
    view! {
        <div class="empty">
            {icon("key")}
            <h2>{words::NO_KEYS}</h2>
            <p>{words::WHAT_FOR}</p>
            <div class="actions">{create_link(list, false)}</div>
        </div>
    }
    .into_any()
}

fn table(list: &List) -> AnyView {
    let room = &list.room;
    let creators = decide(room.ctx.actor().role, Action::SeeCreators) == Grant::All;
    let fresh = fresh(list);
    let now = room.ctx.now();
    let rows = list
        .rows
        .rows
        .iter()
        .map(|line| &line.key)
        .map(|key| row(room.organization(), key, now, creators, fresh == Some(key.key_id)));
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{words::keys_caption(&room.name)}</caption>
                <thead><tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Key preview"</th>
                    <th scope="col" aria-sort="descending">"Created at"</th>
                    {creators.then(|| view! { <th scope="col">"Created by"</th> })}
                    <th scope="col">"Last used"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(organization: OrganizationId, key: &KeyView, now: Moment, creators: bool, fresh: bool) -> AnyView {
    let class = match (key.is_active, fresh) {
        (false, _) => Some("inactive"),
        (true, true) => Some("fresh"),
        (true, false) => None,
    };
    let (badge, status) = match (key.revoked_at, key.is_active) {
        (Some(_), _) => ("badge danger", "Revoked"),
        (None, false) => ("badge", "Expired"),
        (None, true) => ("badge success", "Active"),
    };
    let creator = creators.then(|| view! { <td data-label="Created by"><bdi>{key.created_by.clone()}</bdi></td> });
    view! {
        <tr id=format!("key-{}", key.key_id) class=class>
            <th scope="row"><bdi>{key.label.clone()}</bdi></th>
            <td data-label="Key preview">{preview(&key.preview)}</td>
            <td data-label="Created at">{when(now, key.created_at)}</td>
            {creator}
            <td data-label="Last used">{used(now, key.last_used)}</td>
            <td data-label="Status"><span class=badge>{status}</span></td>
            <td class="row-actions"><div>{key.revoked_at.is_none().then(|| revoke_link(organization, key, now))}</div></td>
        </tr>
    }
    .into_any()
}

/// Begins ending a key (RK-21): a link to a page, which the island turns into a dialog with the same facts.
fn revoke_link(organization: OrganizationId, key: &KeyView, now: Moment) -> impl IntoView + use<> {
    let id: KeyId = key.key_id;
    let used = key.last_used.map_or_else(|| words::NEVER_USED.to_owned(), |then| words::ago(now, then));
    view! {
        <a
            class="link-button danger"
            href=Screen::RevokeKey(organization.clone(), id).path()
            data-revoke=id.to_string()
            data-organization=organization.to_string()
            data-name=key.label.clone()
            data-preview=key.preview.clone()
            data-made-label=words::made_label(key.created_by.is_some())
            data-made=words::made(key.created_by.as_deref(), &words::ago(now, key.created_at))
            data-used=used
            data-confirm=(key.is_active && key.used_lately(now)).then_some("name")
        >{words::REVOKE}<span class="visually-hidden">" "<bdi>{key.label.clone()}</bdi></span></a>
    }
}

fn pager(list: &List) -> impl IntoView + use<> {
    let screen = list.room.place.screen.clone();
    let newest = list.room.place.before.map(|_| {
        view! { <a class="button" href=screen.path()>{icon("chevron-left")}"Newest keys"</a> }
    });
    let older = list.rows.next.map(|n| {
        let older = Place { screen: list.room.place.screen.clone(), before: Some(n) };
        view! { <a class="button" rel="next" href=older.path()>"Older keys"{icon("chevron-right")}</a> }
    });
    (newest.is_some() || older.is_some())
        .then(|| view! { <nav class="pager" aria-label="Pages"><div class="actions">{newest}{older}</div></nav> })
}

fn tips() -> AnyView {
    view! {
        <div class="notice tip">
            {icon("info")}
            <h2>{words::TIPS}</h2>
            <ul>{words::TIP_LIST.into_iter().map(|tip| view! { <li>{tip}</li> }).collect_view()}</ul>
        </div>
    }
    .into_any()
}
