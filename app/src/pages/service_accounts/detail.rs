//! One service account: its details, its keys, and its settings.

use domain::command::{KeyQuery, KeySort};
use domain::view::{KeyLine, Page as Rows, ServiceAccount};
use domain::{ActorId, KeyId, OrganizationId, Problem, Role};
use leptos::prelude::*;

use self::keys::{NextKey, keys};
use self::settings::settings;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::service_accounts::account_status;
use crate::components::{created_fact, done};
use crate::flash::{AccountNotice, Flash};
use crate::pages::Page;
use crate::request::{PageContext, PageRequest};
use crate::routes::{Location, Screen};
use crate::words;

mod keys;
mod settings;

const ROWS: i64 = 50;

struct ServiceAccountPageData {
    room: OrganizationPage,
    account: ServiceAccount,
    keys: Rows<KeyLine>,
    next: NextKey,
    flash: Option<Flash>,
    name: String,
    role: Role,
    problem: Option<Problem>,
}

/// The service account with its keys, the active ones first.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    actor: ActorId,
) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::of(
        Screen::ServiceAccount(organization.clone(), actor),
        &request.query,
    );
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let account = context
        .engine
        .get_service_account(&room.ctx, actor)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let keys = list_keys(context, &room, actor).await?;
    let next = NextKey::of(context, &room.ctx, &account).await?;
    let name = request
        .typed("name")
        .unwrap_or(&account.name)
        .to_owned();
    let role = request
        .typed("role")
        .and_then(|role| role.parse().ok())
        .unwrap_or(account.role);
    let (flash, problem) = (context.take_flash().await, request.problem().cloned());
    let shown = ServiceAccountPageData {
        room,
        account,
        keys,
        next,
        flash,
        name,
        role,
        problem,
    };
    let title = format!(
        "{} · {}",
        shown.account.name,
        words::service_accounts::TITLE
    );
    Ok(Page::new(&title, move || render(&shown)))
}

/// The keys of the account on this page of the list.
async fn list_keys(
    context: &PageContext,
    room: &OrganizationPage,
    account: ActorId,
) -> Result<Rows<KeyLine>, Problem> {
    let query = KeyQuery {
        owner: Some(account),
        sort: KeySort::Usable,
        after: room.place.before().map(KeyId),
        ..KeyQuery::default()
    };
    context
        .engine
        .list_keys(&room.ctx, &query, ROWS)
        .await
        .map_err(|error| context.to_problem(&error))
}

fn render(shown: &ServiceAccountPageData) -> AnyView {
    let account = &shown.account;
    let body = view! {
        {notice(shown)}
        <h1><bdi>{account.name.clone()}</bdi></h1>
        {facts(shown)}
        {keys(shown)}
        {settings(shown)}
    };
    frame(
        &shown.room,
        &account.name,
        shown.problem.as_ref(),
        body.into_any(),
    )
}

/// The result of the previous page, shown once.
fn notice(shown: &ServiceAccountPageData) -> Option<AnyView> {
    let Some(Flash::Account(notice)) = shown.flash else {
        return None;
    };
    let text = match notice {
        AccountNotice::Created => words::service_accounts::CREATED,
        AccountNotice::Changed => words::service_accounts::UPDATED,
        AccountNotice::Disabled => words::service_accounts::DISABLED,
        AccountNotice::Enabled => words::service_accounts::ENABLED,
    };
    let name = shown.account.name.clone();
    Some(done(view! { "“"<bdi>{name}</bdi>"”"{text} }))
}

fn facts(shown: &ServiceAccountPageData) -> AnyView {
    let account = &shown.account;
    let sealed = Screen::SealedOfAccount(shown.room.organization(), account.actor_id).path();
    view! {
        <dl class="facts boxed">
            <dt>{words::labels::STATUS}</dt><dd>{account_status(account.is_disabled)}</dd>
            <dt>{words::labels::ROLE}</dt><dd>{account.role.label()}</dd>
            <dt>{words::labels::ACTIVE_KEYS}</dt><dd>{words::service_accounts::active_keys(account.active_keys, account.allow_overlap)}</dd>
            {created_fact(shown.room.ctx.now(), account.created_at, account.created_by.clone())}
            <dt>{words::sealed::TITLE}</dt><dd><a href=sealed>{words::sealed::COUNTS_AND_DATES}</a></dd>
            <dt>{words::labels::ACTOR_ID}</dt><dd><code class="id">{account.actor_id.to_string()}</code></dd>
        </dl>
    }
    .into_any()
}
