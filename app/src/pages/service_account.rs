//! One service account: what it is, its keys, and what can be changed (RA-16, RA-17, decision D4).

use domain::command::{KeyQuery, KeySort};
use domain::view::{KeyLine, Page as Rows, ServiceAccount};
use domain::{ActorId, KeyId, OrganizationId, Problem, Role};
use leptos::prelude::*;

use self::keys::{NextKey, keys};
use self::settings::settings;
use super::{Asked, Page};
use crate::doors::{Deed, Flash};
use crate::parts::accounts::account_status;
use crate::parts::frame::{Room, frame};
use crate::parts::{done, when};
use crate::routes::{Place, Screen};
use crate::words;

mod keys;
mod settings;

const ROWS: i64 = 50;

struct Shown {
    room: Room,
    account: ServiceAccount,
    keys: Rows<KeyLine>,
    next: NextKey,
    flash: Option<Flash>,
    name: String,
    role: Role,
    problem: Option<Problem>,
}

/// The service account with its keys, the usable ones first.
pub async fn show(asked: &Asked, organization: OrganizationId, actor: ActorId) -> Result<Page, Problem> {
    let visit = &asked.visit;
    let place = Place::of(Screen::ServiceAccount(organization.clone(), actor), &asked.query);
    let before = place.before();
    let room = Room::enter(visit, &organization, place).await?;
    let account = visit.engine.get_service_account(&room.ctx, actor).await.map_err(|error| visit.tell(&error))?;
    let after = before.map(KeyId);
    let query = KeyQuery { owner: Some(actor), sort: KeySort::Usable, after, ..KeyQuery::default() };
    let keys = visit.engine.list_keys(&room.ctx, &query, ROWS).await.map_err(|error| visit.tell(&error))?;
    let next = NextKey::of(visit, &room.ctx, &account).await?;
    let name = asked.typed("name").unwrap_or(&account.name).to_owned();
    let role = asked.typed("role").and_then(|role| role.parse().ok()).unwrap_or(account.role);
    let (flash, problem) = (visit.take_flash().await, asked.problem().cloned());
    let shown = Shown { room, account, keys, next, flash, name, role, problem };
    let title = format!("{} · {}", shown.account.name, words::SERVICE_ACCOUNTS);
    Ok(Page::new(&title, move || draw(&shown)))
}

fn draw(shown: &Shown) -> AnyView {
    let account = &shown.account;
    let body = view! {
        {told(shown)}
        <h1><bdi>{account.name.clone()}</bdi></h1>
        {facts(shown)}
        {keys(shown)}
        {settings(shown)}
    };
    frame(&shown.room, &account.name, shown.problem.as_ref(), body.into_any())
}

/// The deed of the page before, told once.
fn told(shown: &Shown) -> Option<AnyView> {
    let Some(Flash::Account(deed)) = shown.flash else { return None };
    let text = match deed {
        Deed::Created => words::ACCOUNT_CREATED,
        Deed::Changed => words::ACCOUNT_CHANGED,
        Deed::Disabled => words::ACCOUNT_DISABLED,
        Deed::Enabled => words::ACCOUNT_ENABLED,
    };
    let name = shown.account.name.clone();
    Some(done(view! { "“"<bdi>{name}</bdi>"”"{text} }))
}

fn facts(shown: &Shown) -> AnyView {
    let account = &shown.account;
    let by = account.created_by.clone().map(|by| view! { <bdi>{by}</bdi>", " });
    view! {
        <dl class="facts boxed">
            <dt>{words::STATUS}</dt><dd>{account_status(account.is_disabled)}</dd>
            <dt>{words::ROLE}</dt><dd>{account.role.label()}</dd>
            <dt>{words::KEYS_AT_A_TIME}</dt><dd>{words::active_keys(account.active_keys, account.allow_overlap)}</dd>
            <dt>{words::made_label(account.created_by.is_some())}</dt><dd>{by}{when(shown.room.ctx.now(), account.created_at)}</dd>
            <dt>{words::ACTOR_ID}</dt><dd><code class="id">{account.actor_id.to_string()}</code></dd>
        </dl>
    }
    .into_any()
}
