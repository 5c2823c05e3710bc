//! Searching everything that a person uses: keys, people, pages and actions. With script it opens
//! over every page.

use leptos::prelude::*;

use domain::command::{KeyQuery, MemberQuery};
use domain::policy::{Action, Grant, decide};
use domain::view::{KeyLine, MemberView, ServiceAccount};
use domain::{OrganizationId, Problem};

use self::commands::{Command, commands};
use self::text::SearchText;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::search::search;
use crate::pages::docs::PATH_OF_SEARCH;
use crate::pages::{Page, PageResponse};
use crate::request::{PageContext, PageRequest};
use crate::routes::{Location, Screen, encoded};
use crate::shared_view::{icon, preview};
use crate::words;

mod commands;
mod text;

/// Results of a kind.
const MOST: i64 = 8;

/// What matches the text of the search.
struct SearchPageData {
    room: OrganizationPage,
    text: SearchText,
    keys: Vec<KeyLine>,
    members: Vec<MemberView>,
    accounts: Vec<ServiceAccount>,
}

/// The search, and what it finds.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let place = Location::of(Screen::Search(organization.clone()), &request.query);
    if request.query_value("q") != place.get("q") {
        // The redirect removes what must not be in a URL, such as a whole key.
        return Ok(PageResponse::Go(place.path()));
    }
    let text = SearchText::new(place.get("q").unwrap_or_default());
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let shown = SearchPageData {
        keys: keys(context, &room, &text).await?,
        members: members(context, &room, &text).await?,
        accounts: accounts(context, &room, &text).await?,
        text,
        room,
    };
    Ok(PageResponse::Page(Page::new(
        words::search::TITLE,
        move || render(&shown),
    )))
}

/// The keys of every state. An action applies to keys that are not revoked.
async fn keys(
    context: &PageContext,
    room: &OrganizationPage,
    text: &SearchText,
) -> Result<Vec<KeyLine>, Problem> {
    if text.subject().is_empty() {
        return Ok(Vec::new());
    }
    let query = KeyQuery {
        text: Some(text.subject().to_owned()),
        ..KeyQuery::default()
    };
    let mut found = context
        .engine
        .list_keys(&room.ctx, &query, MOST)
        .await
        .map_err(|error| context.to_problem(&error))?
        .rows;
    if text.verb().is_some() {
        found.retain(|line| line.key.revoked_at.is_none());
    }
    Ok(found)
}

async fn members(
    context: &PageContext,
    room: &OrganizationPage,
    text: &SearchText,
) -> Result<Vec<MemberView>, Problem> {
    if text.is_empty() || text.verb().is_some() {
        return Ok(Vec::new());
    }
    let query = MemberQuery {
        text: Some(text.as_str().to_owned()),
        ..MemberQuery::default()
    };
    let found = context
        .engine
        .list_members(&room.ctx, &query, MOST)
        .await
        .map_err(|error| context.to_problem(&error))?;
    Ok(found.rows)
}

async fn accounts(
    context: &PageContext,
    room: &OrganizationPage,
    text: &SearchText,
) -> Result<Vec<ServiceAccount>, Problem> {
    let sees = decide(room.ctx.actor().role, Action::ListServiceAccounts) == Grant::All;
    if !sees || text.is_empty() || text.verb().is_some() {
        return Ok(Vec::new());
    }
    context
        .engine
        .search_service_accounts(&room.ctx, text.as_str(), MOST)
        .await
        .map_err(|error| context.to_problem(&error))
}

fn render(shown: &SearchPageData) -> AnyView {
    let organization = shown.room.organization();
    let commands: Vec<_> = commands(&organization, shown.room.ctx.actor().role)
        .into_iter()
        .filter(|command| shown.text.matches(command.name))
        .collect();
    let count = shown.keys.len() + shown.members.len() + shown.accounts.len() + commands.len();
    let count = (!shown.text.is_empty()).then(|| words::search::count(count));
    let body = view! {
        <div class="sheet search-all">
            <div class="sheet-head"><h1>{words::search::TITLE}</h1></div>
            <div class="sheet-body">
                {search(&shown.room, words::search::LABEL)}
                // The island changes the text, and a screen reader says it.
                <p class="visually-hidden" id="narrow" role="status">{count}</p>
                <div id="found">{results(shown, commands)}</div>
            </div>
        </div>
    };
    frame(
        &shown.room,
        words::search::TITLE,
        None,
        body.into_any(),
    )
}

fn results(shown: &SearchPageData, commands: Vec<Command>) -> AnyView {
    let organization = shown.room.organization();
    let is_empty = shown.keys.is_empty()
        && shown.members.is_empty()
        && shown.accounts.is_empty()
        && commands.is_empty();
    let (actions, pages): (Vec<_>, Vec<_>) = commands
        .into_iter()
        .partition(|command| command.is_action);
    let nothing = is_empty.then(|| {
        view! { <div class="empty">{icon("search")}<h2>{words::search::NOTHING}</h2><p>{words::search::HINT}</p></div> }
    });
    let members = Screen::Members(organization.clone());
    view! {
        {nothing}
        {group(words::keys::TITLE, shown.keys.iter().map(|line| key(shown, line)).collect())}
        {group(words::members::TITLE, shown.members.iter().map(|member| person(&members, member)).collect())}
        {group(words::service_accounts::TITLE, shown.accounts.iter().map(|account| service_account(&organization, account)).collect())}
        {group(words::search::ACTIONS, actions.iter().map(command).collect())}
        {group(words::search::GO_TO, pages.iter().map(command).collect())}
        {in_documentation(&shown.text)}
    }
    .into_any()
}

/// The link that searches the documentation for the same text.
fn in_documentation(text: &SearchText) -> Option<AnyView> {
    if text.is_empty() {
        return None;
    }
    let path = format!("{PATH_OF_SEARCH}?q={}", encoded(text.as_str()));
    let link = view! { <li><a href=path>{icon("book")}<span class="search-name">{words::search::in_documentation(text.as_str())}</span></a></li> };
    group(words::docs::TITLE, vec![link.into_any()])
}

/// The results of one kind, under their heading.
fn group(title: &'static str, results: Vec<AnyView>) -> Option<AnyView> {
    (!results.is_empty())
        .then(|| view! { <h2>{title}</h2><ul class="search-results">{results}</ul> }.into_any())
}

/// A key: a link to its page, or to the page of the action that the search begins with.
fn key(shown: &SearchPageData, line: &KeyLine) -> AnyView {
    let (key, organization) = (&line.key, shown.room.organization());
    let screen = match shown.text.verb() {
        Some("revoke") => Screen::RevokeKey(organization, key.key_id),
        Some("rotate") => Screen::RotateKey(organization, key.key_id),
        Some("rename") => Screen::RenameKey(organization, key.key_id),
        _ => Screen::Key(organization, key.key_id),
    };
    let verb = shown
        .text
        .verb()
        .map(|verb| format!("{}{} ", verb[..1].to_uppercase(), &verb[1..]));
    let now = shown.room.ctx.now();
    let (badge, status) = words::keys::status(now, line.status(now));
    let name = key.label.clone();
    view! {
        <li><a href=screen.path() data-dialog=shown.text.verb().map(|_| "go")>
            {icon("key")}<span class="search-name">{verb}<bdi>{name}</bdi></span>{preview(&key.preview)}<span class=badge>{status}</span>
        </a></li>
    }
    .into_any()
}

fn person(members: &Screen, member: &MemberView) -> AnyView {
    let path = Location::top(members.clone())
        .with("q", Some(&member.name))
        .path();
    let (name, email) = (member.name.clone(), member.email.clone());
    view! { <li><a href=path>{icon("person")}<span class="search-name"><bdi>{name}</bdi></span><span class="muted">{email}</span><span class="badge plain">{member.role.label()}</span></a></li> }
        .into_any()
}

fn service_account(organization: &OrganizationId, account: &ServiceAccount) -> AnyView {
    let path = Screen::ServiceAccount(organization.clone(), account.actor_id).path();
    let name = account.name.clone();
    view! { <li><a href=path>{icon("robot")}<span class="search-name"><bdi>{name}</bdi></span></a></li> }
        .into_any()
}

fn command(command: &Command) -> AnyView {
    let path = command.path.clone();
    view! { <li><a href=path>{icon(command.icon)}<span class="search-name">{command.name}</span></a></li> }
        .into_any()
}
