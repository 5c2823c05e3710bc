//! One service account: its details, its keys, and its settings.

use domain::command::{KeyQuery, KeySort};
use domain::event::EventCategory;
use domain::view::{KeyLine, Page as Rows, ServiceAccount};
use domain::{ActorId, KeyId, OrganizationId, Problem, Role};
use leptos::prelude::*;

use self::keys::{NextKey, keys};
use self::settings::{SETTINGS, settings};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::key_notice::key_notice;
use crate::components::key_table::key_islands;
use crate::components::live::Mark;
use crate::components::service_accounts::account_status;
use crate::components::{created_fact, done};
use crate::flash::{AccountNotice, Flash};
use crate::pages::Page;
use crate::request::{PageContext, PageRequest};
use crate::routes::{AccountSetting, Location, Screen};
use crate::shared_view::icon;
use crate::words;

mod keys;
mod settings;

const ROWS: i64 = 50;

struct ServiceAccountPageData {
    mark: Mark,
    room: OrganizationPage,
    account: ServiceAccount,
    keys: Rows<KeyLine>,
    next: NextKey,
    flash: Option<Flash>,
    name: String,
    role: Role,
    /// The setting that is open: the one of the query, or of the form that was refused.
    open: Option<AccountSetting>,
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
    let mark = Mark::set(context, &room.ctx, EventCategory::Keys).await?;
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
    let open = open_setting(request, &room);
    let (flash, problem) = (context.take_flash().await, request.problem().cloned());
    let shown = ServiceAccountPageData {
        mark,
        room,
        account,
        keys,
        next,
        flash,
        name,
        role,
        open,
        problem,
    };
    Ok(Page::new(words::service_accounts::TITLE, move || {
        render(&shown)
    }))
}

fn open_setting(request: &PageRequest, room: &OrganizationPage) -> Option<AccountSetting> {
    let posted = [
        ("name", AccountSetting::Name),
        ("role", AccountSetting::Role),
        ("allow_overlap", AccountSetting::Keys),
        ("disabled", AccountSetting::Status),
    ]
    .into_iter()
    .find(|(field, _)| request.typed(field).is_some());
    posted.map(|(_, setting)| setting).or_else(|| {
        room.place
            .get("edit")
            .and_then(|setting| setting.parse().ok())
    })
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
        <div class="page-head">
            <div class="titled"><h1><bdi>{account.name.clone()}</bdi></h1>{account_status(account.is_disabled)}</div>
            {menu(shown)}
        </div>
        {facts(shown)}
        {keys(shown)}
        {settings(shown)}
    };
    let page = frame(
        &shown.room,
        &account.name,
        shown.problem.as_ref(),
        body.into_any(),
    );
    view! { {page}{shown.mark.hidden()}{key_islands()} }.into_any()
}

/// The menu of actions. Each leads to this page with the setting open, so it needs no script.
fn menu(shown: &ServiceAccountPageData) -> AnyView {
    let account = &shown.account;
    let link = |setting: AccountSetting,
                class: &'static str,
                glyph: &'static str,
                text: &'static str| {
        let screen = Screen::ServiceAccount(shown.room.organization(), account.actor_id);
        let place = Location::top(screen).with("edit", Some(setting.as_str()));
        view! { <a class=class href=format!("{}#{SETTINGS}", place.path())>{icon(glyph)}{text}</a> }
    };
    let status = match account.is_disabled {
        true => link(
            AccountSetting::Status,
            "",
            "check",
            words::service_accounts::ENABLE_LINK,
        ),
        false => link(
            AccountSetting::Status,
            "danger",
            "danger",
            words::service_accounts::DISABLE_LINK,
        ),
    };
    view! {
        <details class="menu" name="menu">
            <summary class="icon-button">
                {icon("more")}
                <span class="visually-hidden">{words::members::actions_for(&account.name)}</span>
            </summary>
            <ul class="menu-list">
                <li>{link(AccountSetting::Name, "", "rename", words::rename_key::LINK)}</li>
                <li>{link(AccountSetting::Role, "", "person", words::change_role::LINK)}</li>
                <li class="apart">{status}</li>
            </ul>
        </details>
    }
    .into_any()
}

/// The result of the previous page, shown once.
fn notice(shown: &ServiceAccountPageData) -> Option<AnyView> {
    let Some(Flash::Account(notice)) = shown.flash else {
        return key_notice(shown.flash.as_ref()?, &shown.room.organization());
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
            <dt>{words::labels::ROLE}</dt><dd>{account.role.label()}</dd>
            <dt>{words::labels::ACTIVE_KEYS}</dt>
            <dd>{words::service_accounts::active_keys(account.active_keys, account.allow_overlap)}</dd>
            {created_fact(shown.room.ctx.now(), account.created_at, account.created_by.clone())}
            <dt>{words::sealed::TITLE}</dt><dd><a href=sealed>{words::sealed::COUNTS_AND_DATES}</a></dd>
            <dt>{words::labels::ACTOR_ID}</dt><dd><code class="id">{account.actor_id.to_string()}</code></dd>
        </dl>
    }
    .into_any()
}
