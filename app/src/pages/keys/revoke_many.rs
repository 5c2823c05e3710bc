//! Revoking several keys after a confirmation.

use std::collections::BTreeSet;

use domain::view::KeyView;
use domain::{KeyId, OrganizationId, Problem};
use leptos::prelude::*;

use super::list::query_of;
use crate::components::confirm::{ButtonWords, Confirm, power};
use crate::components::confirm_name::confirm_name;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::{summary, used};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::server_fns::keys::revoke::{MOST_KEYS, needs_phrase};
use crate::shared_view::{icon, preview, reasons, revoke_effects};
use crate::words;

/// Keys that one query reads.
const AT_ONCE: i64 = 200;

/// The keys by name, the effects of revoking them, and the button.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::of(
        Screen::RevokeKeys(organization.clone()),
        &request.query,
    );
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    let mut keys = if room.place.get("all").is_some() {
        matching(request, &room).await?
    } else {
        selected(request, &room).await?
    };
    keys.retain(|key| key.revoked_at.is_none());
    // A key that something still uses stands first.
    let now = room.ctx.now();
    keys.sort_by_key(|key| !key.will_be_missed(now));
    let problem = request.problem().cloned();
    let [reason, confirm] = ["reason", "confirm_name"].map(|field| {
        request
            .typed(field)
            .unwrap_or_default()
            .to_owned()
    });
    let render = move || render(&room, &keys, problem.as_ref(), &reason, confirm);
    Ok(Page::new(words::revoke_keys::TITLE, render))
}

/// The keys with the IDs of the query.
async fn selected(request: &PageRequest, room: &OrganizationPage) -> Result<Vec<KeyView>, Problem> {
    let ids: BTreeSet<KeyId> = room
        .place
        .all("key")
        .filter_map(|id| id.parse().ok())
        .collect();
    let mut keys = Vec::new();
    for id in ids.into_iter().take(MOST_KEYS) {
        let line = request
            .context
            .engine
            .get_key(&room.ctx, id)
            .await
            .map_err(|error| request.context.to_problem(&error))?;
        keys.push(line.key);
    }
    Ok(keys)
}

/// The keys that match the filters of the query.
async fn matching(request: &PageRequest, room: &OrganizationPage) -> Result<Vec<KeyView>, Problem> {
    let mut query = query_of(&room.place);
    let mut keys = Vec::new();
    loop {
        let page = request
            .context
            .engine
            .list_keys(&room.ctx, &query, AT_ONCE)
            .await
            .map_err(|error| request.context.to_problem(&error))?;
        keys.extend(page.rows.into_iter().map(|line| line.key));
        query.after = page.next.map(KeyId);
        if query.after.is_none() || keys.len() >= MOST_KEYS {
            keys.truncate(MOST_KEYS);
            return Ok(keys);
        }
    }
}

fn render(
    room: &OrganizationPage,
    keys: &[KeyView],
    problem: Option<&Problem>,
    reason: &str,
    typed: String,
) -> AnyView {
    if keys.is_empty() {
        return frame(room, words::revoke_keys::TITLE, None, none_left(room));
    }
    let form = form(room, keys, problem, reason, typed);
    frame(room, words::revoke_keys::TITLE, None, form)
}

/// The sheet if none of the selected keys can be revoked.
fn none_left(room: &OrganizationPage) -> AnyView {
    let why = words::revoke_keys::none_left(room.place.all("key").count());
    let list = Screen::ApiKeys(room.organization()).path();
    view! {
        <div class="sheet">
            <div class="sheet-head"><h1>{words::revoke_keys::TITLE}</h1></div>
            <div class="sheet-body"><div class="notice">{icon("info")}<p>{why}</p></div></div>
            <div class="sheet-foot"><a class="button" href=list>{words::DONE}</a></div>
        </div>
    }
    .into_any()
}

fn form(
    room: &OrganizationPage,
    keys: &[KeyView],
    problem: Option<&Problem>,
    reason: &str,
    typed: String,
) -> AnyView {
    let ids = keys
        .iter()
        .map(|key| key.key_id.to_string())
        .collect::<Vec<_>>()
        .join(",");
    let recently_used = keys
        .iter()
        .any(|key| key.will_be_missed(room.ctx.now()));
    let confirm = Confirm::of(room);
    let n = keys.len();
    view! {
        <form
            class="sheet" method="post" action="/ui/revoke_keys" data-once=""
            data-stale=confirm.stale() data-fresh-for=confirm.left() data-power=power(keys.len() > 1)
        >
            {room.fields(Some(("keys", ids)))}
            <div class="sheet-head"><h1>{words::revoke_keys::heading(keys.len())}</h1></div>
            <div class="sheet-body">
                {summary(words::revoke_key::failed(keys.len()), problem, &room.place)}
                <ul class="revoked-list" tabindex="0" aria-label=words::keys::TITLE>{keys.iter().map(|key| line(room, key)).collect_view()}</ul>
                {revoke_effects(keys.len())}
                {reasons(Some(reason))}
                {needs_phrase(n, recently_used).then(|| confirm_name(words::revoke_keys::phrase(n), why(n, recently_used), problem, typed, true))}
            </div>
            <div class="sheet-foot">
                <p class="push">{confirm.note()}</p>
                <a class="button" href=Screen::ApiKeys(room.organization()).path()>{words::CANCEL}</a>
                {confirm.button("button danger", button(keys.len()))}
            </div>
        </form>
    }
    .into_any()
}

/// The button that revokes this number of keys.
fn button(n: usize) -> ButtonWords {
    let count = words::format::plural(i64::try_from(n).unwrap_or_default(), "key");
    ButtonWords {
        id: None,
        label: format!("{} {count}", words::revoke_key::LABEL),
        confirm: words::revoke_keys::CONFIRM,
        waiting: words::revoke_key::WAITING,
    }
}

fn line(room: &OrganizationPage, key: &KeyView) -> AnyView {
    let now = room.ctx.now();
    let mark = match key.is_active && key.was_used_recently(now) {
        true => view! { <span class="badge warning">{words::revoke_key::RECENTLY_USED}</span> }
            .into_any(),
        false => view! { <span class="muted">{used(now, key.last_used)}</span> }.into_any(),
    };
    view! { <li><div><strong><bdi>{key.label.clone()}</bdi></strong>{mark}</div>{preview(&key.preview)}</li> }
        .into_any()
}

/// Why the person must type the number of keys.
const fn why(n: usize, recently_used: bool) -> &'static str {
    if recently_used {
        words::revoke_key::confirm_hint(n)
    } else {
        words::revoke_keys::CONFIRM_MANY
    }
}
