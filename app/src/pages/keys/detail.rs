//! One key: its details, its permissions, its usage and its events.

use domain::command::AuditQuery;
use domain::event::{EventCategory, ObjectKind};
use domain::scope::{Group, Permissions};
use domain::view::{AuditView, KeyDetail, KeyLine, KeyView};
use domain::{Environment, KeyId, OrganizationId, Problem, ScopeSet, SealedCounts};
use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::components::key_notice::key_notice;
use crate::components::live::Mark;
use crate::components::scope_picker::scope_picker;
use crate::components::{fault_line, summary};
use crate::flash::Flash;
use crate::islands::live::LiveMarks;
use crate::pages::{Page, sealed};
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::{copy_status, icon};
use crate::words;

mod facts;
mod log;
mod rotation;
mod usage;

struct KeyPageData {
    room: OrganizationPage,
    mark: Mark,
    key: KeyDetail,
    events: Vec<AuditView>,
    before: Option<KeyLine>,
    after: Option<KeyLine>,
    /// What the key decrypts, and the page of everything that its owner has sealed, if the person
    /// may see it.
    sealed: Option<(SealedCounts, Screen)>,
    flash: Option<Flash>,
    problem: Option<Problem>,
    typed: Vec<(String, String)>,
}

/// The page of a key.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    key: KeyId,
) -> Result<Page, Problem> {
    let context = &request.context;
    let room = OrganizationPage::enter(
        context,
        &organization,
        Location::top(Screen::Key(organization.clone(), key)),
    )
    .await?;
    let mark = Mark::set(context, &room.ctx, EventCategory::Keys).await?;
    let key = context
        .engine
        .get_key_detail(&room.ctx, key)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let about = AuditQuery::about(ObjectKind::Key, key.line.key.key_id);
    let events = context
        .engine
        .read_audit_log(&room.ctx, &about, log::EVENTS)
        .await
        .map_err(|error| context.to_problem(&error))?
        .rows;
    let (before, after) = (key.line.rotated_from, key.line.rotated_to);
    let (before, after) = (
        find(request, &room, before).await?,
        find(request, &room, after).await?,
    );
    let sealed = sealed_by(request, &room, &key.line.key).await?;
    let (flash, problem) = (context.take_flash().await, request.problem().cloned());
    let title = key.line.key.label.clone();
    let shown = KeyPageData {
        room,
        mark,
        key,
        events,
        before,
        after,
        sealed,
        flash,
        problem,
        typed: request.all_typed(),
    };
    Ok(Page::new(&title, move || render(&shown)))
}

async fn find(
    request: &PageRequest,
    room: &OrganizationPage,
    key: Option<KeyId>,
) -> Result<Option<KeyLine>, Problem> {
    let Some(key) = key else { return Ok(None) };
    request
        .context
        .engine
        .get_key(&room.ctx, key)
        .await
        .map(Some)
        .map_err(|error| request.context.to_problem(&error))
}

/// What the key decrypts. Test keys and keys for an API decrypt nothing.
async fn sealed_by(
    request: &PageRequest,
    room: &OrganizationPage,
    key: &KeyView,
) -> Result<Option<(SealedCounts, Screen)>, Problem> {
    if key.api.is_some() || key.environment == Environment::Test {
        return Ok(None);
    }
    let Some(screen) = sealed::screen_of(&request.context, room, key.actor_id).await? else {
        return Ok(None);
    };
    let counts = request
        .context
        .engine
        .see_rotation_loss(&room.ctx, key.key_id)
        .await
        .map_err(|error| request.context.to_problem(&error))?;
    Ok(Some((counts, screen)))
}

fn render(shown: &KeyPageData) -> AnyView {
    let (room, line) = (&shown.room, &shown.key.line);
    let key = &line.key;
    let (badge, status) = words::keys::status(room.ctx.now(), line.status(room.ctx.now()));
    let narrow = narrow(shown);
    // A key that became inactive in the meantime has no form, so the frame shows the error.
    let problem = shown
        .problem
        .as_ref()
        .filter(|_| narrow.is_none());
    let body = view! {
        {shown.flash.as_ref().and_then(|flash| key_notice(flash, &room.organization()))}
        {news(shown)}
        <div class="page-head">
            <div class="titled"><h1><bdi>{key.label.clone()}</bdi></h1><span class=badge>{status}</span></div>
            {buttons(room, line)}
        </div>
        {exposed(line)}
        {rotation::rotation(shown)}
        <div class="split">
            {facts::facts(shown, narrow)}
            {usage::usage(shown)}
        </div>
        {log::log(shown)}
        {copy_status()}
    };
    view! { {frame(room, &key.label, problem, body.into_any())}<LiveMarks/> }.into_any()
}

/// The line that later says that the key is no longer active. The page of an inactive key says so
/// already, even if the event of that arrives after the page.
fn news(shown: &KeyPageData) -> AnyView {
    let (mark, key) = (&shown.mark, &shown.key.line.key);
    if key.is_active {
        mark.line_of_key(&shown.room.place, key.key_id)
            .into_any()
    } else {
        mark.hidden().into_any()
    }
}

fn buttons(room: &OrganizationPage, line: &KeyLine) -> AnyView {
    let (key, organization) = (line.key.key_id, room.organization());
    let rename = Screen::RenameKey(organization.clone(), key).path();
    let rotate = (line.key.is_active && line.rotated_to.is_none()).then(|| {
        let path = Screen::RotateKey(organization.clone(), key).path();
        view! { <a class="button" href=path data-dialog="">{icon("rotate")}{words::rotate_key::LINK}</a> }
    });
    let revoke = line.key.revoked_at.is_none().then(|| {
        let path = Screen::RevokeKey(organization, key).path();
        view! { <a class="button danger" href=path data-dialog="">{words::revoke_key::LINK}</a> }
    });
    view! {
        <div class="actions">
            <a class="button" href=rename data-dialog="">
                {icon("rename")}
                {words::rename_key::LINK}
            </a>
            {rotate}
            {revoke}
        </div>
    }
    .into_any()
}

/// The alert for a key that was sent in a URL, and so may no longer be secret.
fn exposed(line: &KeyLine) -> Option<AnyView> {
    let at = line.exposed_at.filter(|_| line.key.is_active)?;
    Some(
        view! {
            <div class="notice danger">
                {icon("danger")}<h2>{words::key_usage::EXPOSED}</h2>
                <p>{at.to_words()}". "{words::key_usage::EXPOSED_ADVICE}</p>
            </div>
        }
        .into_any(),
    )
}

/// The form that removes scopes. A key with full access has no single scopes to remove.
fn narrow(shown: &KeyPageData) -> Option<AnyView> {
    let key = &shown.key.line.key;
    let Permissions::Only(scopes) = key.scopes else {
        return None;
    };
    if !key.is_active || scopes.is_empty() {
        return None;
    }
    let sent = shown.problem.is_some();
    let chosen = |group: Group| {
        let name = format!("access[{}]", group.as_str());
        let typed = shown
            .typed
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value.clone());
        if sent {
            typed.unwrap_or_else(|| "none".into())
        } else {
            access(scopes, group).into()
        }
    };
    let fault = shown
        .problem
        .as_ref()
        .and_then(|problem| problem.field("scopes"))
        .map(str::to_owned);
    Some(
        view! {
            <details class="fold" open=sent>
                <summary>{words::narrow_key::TITLE}</summary>
                <form method="post" action="/ui/narrow_key" id="scopes">
                    {shown.room.fields(Some(("key_id", key.key_id.to_string())))}
                    {summary(words::narrow_key::FAILED, shown.problem.as_ref(), &shown.room.place)}
                    <p class="hint">{words::narrow_key::HINT}" "{words::create_key::WRITE_INCLUDES_READ}</p>
                    {scope_picker(scopes, chosen, |_| false)}
                    {fault_line("scopes", fault)}
                    <button class="button primary">{words::narrow_key::BUTTON}</button>
                </form>
            </details>
        }
        .into_any(),
    )
}

/// The access of a set to a group.
fn access(scopes: ScopeSet, group: Group) -> &'static str {
    let has = |access| {
        group
            .scope(access)
            .is_some_and(|scope| scopes.allows(scope))
    };
    match (
        has(domain::scope::Access::Write),
        has(domain::scope::Access::Read),
    ) {
        (true, _) => "write",
        (false, true) => "read",
        (false, false) => "none",
    }
}
