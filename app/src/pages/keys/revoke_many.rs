//! Revoking several keys after a confirmation.

use domain::view::KeyView;
use domain::{KeyId, OrganizationId, Problem};
use leptos::prelude::*;

use crate::components::confirm::{ButtonWords, Confirm, power};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::{fault_line, summary, used};
use crate::islands::page_help::PageHelp;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::server_fns::keys::revoke::MOST_KEYS;
use crate::shared_view::{icon, preview, reasons, revoke_effects};
use crate::words;

/// The keys by name, the effects of revoking them, and the button.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let place = Location::of(
        Screen::RevokeKeys(organization.clone()),
        &request.query,
    );
    let room = OrganizationPage::enter(&request.context, &organization, place).await?;
    let mut keys: Vec<KeyView> = Vec::new();
    let mut ids: Vec<KeyId> = room
        .place
        .all("key")
        .filter_map(|id| id.parse().ok())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids.into_iter().take(MOST_KEYS) {
        let line = request
            .context
            .engine
            .get_key(&room.ctx, id)
            .await
            .map_err(|error| request.context.to_problem(&error))?;
        if line.key.revoked_at.is_none() {
            keys.push(line.key);
        }
    }
    let problem = request.problem().cloned();
    let [reason, confirm] = ["reason", "confirm_name"].map(|field| {
        request
            .typed(field)
            .unwrap_or_default()
            .to_owned()
    });
    let render = move || render(&room, &keys, problem.as_ref(), &reason, confirm);
    Ok(Page {
        islands: true,
        ..Page::new(words::revoke_keys::TITLE, render)
    })
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
    view! { {frame(room, words::revoke_keys::TITLE, None, form)}<PageHelp/> }.into_any()
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
    view! {
        <form
            class="sheet" method="post" action="/ui/revoke_keys" data-once=""
            data-stale=confirm.stale() data-fresh-for=confirm.left() data-power=power(keys.len() > 1)
        >
            {room.fields(Some(("keys", ids)))}
            <div class="sheet-head"><h1>{words::revoke_keys::heading(keys.len())}</h1></div>
            <div class="sheet-body">
                {summary(words::revoke_key::failed(keys.len()), problem, &room.place)}
                <ul class="revoked-list">{keys.iter().map(|key| line(room, key)).collect_view()}</ul>
                {revoke_effects(keys.len())}
                {reasons(Some(reason))}
                {recently_used.then(|| phrase(keys.len(), problem, typed))}
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

/// The field to confirm by typing the number of keys, if one was recently used.
fn phrase(n: usize, problem: Option<&Problem>, typed: String) -> AnyView {
    let fault = problem
        .and_then(|problem| problem.field("confirm_name"))
        .map(str::to_owned);
    view! {
        <div class="field">
            <label for="confirm_name">{words::labels::TYPE_TO_CONFIRM.0}<b>{words::revoke_keys::phrase(n)}</b>{words::labels::TYPE_TO_CONFIRM.1}</label>
            <input
                class="input" id="confirm_name" name="confirm_name" required autocomplete="off" spellcheck="false" value=typed
                aria-describedby="confirm_name-error confirm-hint" aria-invalid=fault.is_some().then_some("true")
            />
            {fault_line("confirm_name", fault)}
            <p class="hint" id="confirm-hint">{words::revoke_key::confirm_hint(n)}</p>
        </div>
    }
    .into_any()
}
