//! Removing a member, with a choice for each of their keys. The response to the form shows the keys
//! that service accounts got.

use domain::command::{KeyQuery, KeySort, StatusFilter};
use domain::policy::{Action, Grant, decide, may_give};
use domain::view::{KeyLine, MemberView, ServiceAccount};
use domain::{ActorId, Code, OrganizationId, Problem, Role};
use leptos::either::Either;
use leptos::prelude::*;

use self::dispositions::dispositions;
use crate::components::confirm::{ButtonWords, Confirm, power};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::{summary, when};
use crate::form_result::FormResult;
use crate::pages::{Page, PageResponse};
use crate::request::{PageContext, PageRequest};
use crate::routes::{Location, Screen};
use crate::server_fns::members::MOST_KEYS;
use crate::shared_view::icon;
use crate::words;

mod dispositions;
mod successors;

/// The maximum number of service accounts to choose from.
const MOST_ACCOUNTS: i64 = 100;

struct RemoveMemberPageData {
    room: OrganizationPage,
    member: MemberView,
    keys: Vec<KeyLine>,
    /// The number of keys that are not listed.
    unlisted: i64,
    /// The service accounts that can take over a key.
    service_accounts: Vec<ServiceAccount>,
    /// Whether the member is the only owner, who cannot be removed.
    stays: bool,
    typed: Vec<(String, String)>,
    problem: Option<Problem>,
}

/// The member, the choices for their keys, and the button; or the keys that service accounts got.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    member: ActorId,
) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let place = Location::top(Screen::RemoveMember(organization.clone(), member));
    let room = OrganizationPage::enter(context, &organization, place).await?;
    if let Some(FormResult::MemberRemoved(removed)) = request.result() {
        return Ok(PageResponse::Page(successors::page(
            room,
            removed.clone(),
        )));
    }
    let own = room.ctx.actor();
    if decide(own.role, Action::ManageMembers) == Grant::No {
        return Err(context.problem(Code::Forbidden));
    }
    if member == own.id {
        return Ok(PageResponse::Go(Screen::Leave(organization).path()));
    }
    let member = match context.engine.get_member(&room.ctx, member).await {
        Err(engine::Error::NotFound) => return Ok(PageResponse::Page(gone(room))),
        found => found.map_err(|error| context.to_problem(&error))?,
    };
    if !may_give(own.role, member.role) {
        return Err(context.problem(Code::Forbidden));
    }
    let shown = page_data(request, room, member).await?;
    Ok(PageResponse::Page(Page::new(
        words::remove_member::TITLE,
        move || render(&shown),
    )))
}

async fn page_data(
    request: &PageRequest,
    room: OrganizationPage,
    member: MemberView,
) -> Result<RemoveMemberPageData, Problem> {
    let context = &request.context;
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let (keys, unlisted) = active_keys(context, &room, &member).await?;
    let accounts = context
        .engine
        .list_service_accounts(&room.ctx, None, MOST_ACCOUNTS)
        .await
        .map_err(to_problem)?
        .rows;
    let owners = context
        .engine
        .count_owners(&room.ctx)
        .await
        .map_err(to_problem)?;
    Ok(RemoveMemberPageData {
        stays: member.role == Role::Owner && owners < 2,
        keys,
        unlisted,
        service_accounts: accounts
            .into_iter()
            .filter(can_take_a_key)
            .collect(),
        typed: request.all_typed(),
        problem: request.problem().cloned(),
        member,
        room,
    })
}

/// The active keys of the member, the last used first, and the number of those that are not listed.
async fn active_keys(
    context: &PageContext,
    room: &OrganizationPage,
    member: &MemberView,
) -> Result<(Vec<KeyLine>, i64), Problem> {
    let query = KeyQuery {
        owner: Some(member.actor_id),
        status: Some(StatusFilter::Active),
        sort: KeySort::LastUsed,
        ..KeyQuery::default()
    };
    let keys = context
        .engine
        .list_keys(&room.ctx, &query, MOST_KEYS)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let unlisted = if keys.next.is_some() {
        member.active_keys.unwrap_or_default() - MOST_KEYS
    } else {
        0
    };
    let mut listed = keys.rows;
    // The order of the list does not include the uses of the last minute yet.
    listed.sort_by_key(|line| std::cmp::Reverse(line.key.last_used));
    Ok((listed, unlisted.max(0)))
}

/// Whether a service account can have another key: one that does not allow several keeps its only
/// one.
const fn can_take_a_key(account: &ServiceAccount) -> bool {
    !account.is_disabled && (account.allow_overlap || account.active_keys == 0)
}

/// Whether removing this member always requires a fresh sign-in.
fn wants_fresh(shown: &RemoveMemberPageData) -> bool {
    shown.member.role == Role::Owner || shown.keys.len() > 1
}

fn render(shown: &RemoveMemberPageData) -> AnyView {
    let (room, member) = (&shown.room, &shown.member);
    let back = Screen::Members(room.organization()).path();
    let heading = view! { <div class="sheet-head"><h1>{words::remove_member::HEADING.0}<bdi>{member.name.clone()}</bdi>{words::remove_member::HEADING.1}</h1></div> };
    let confirm = Confirm::of(room);
    let button = ButtonWords {
        id: None,
        label: words::remove_member::button(&member.name),
        confirm: words::remove_member::CONFIRM,
        waiting: words::remove_member::WAITING,
    };
    let body = match shown.stays {
        true => Either::Left(view! {
            <div class="sheet">
                {heading}
                <div class="sheet-body"><div class="notice">{icon("info")}<p>{words::change_role::LAST_OWNER}</p></div></div>
                <div class="sheet-foot"><a class="button" href=back>{words::DONE}</a></div>
            </div>
        }),
        false => Either::Right(view! {
            <form
                class="sheet" method="post" action="/ui/remove_member" data-once=""
                data-stale=confirm.stale() data-fresh-for=confirm.left() data-power=power(wants_fresh(shown))
            >
                {room.fields(Some(("actor_id", member.actor_id.to_string())))}
                {heading}
                <div class="sheet-body">
                    {summary(words::remove_member::FAILED, shown.problem.as_ref(), &room.place)}
                    {facts(room, member)}
                    {effects()}
                    {dispositions(shown)}
                </div>
                <div class="sheet-foot">
                    <p class="push">{confirm.note()}</p>
                    <a class="button" href=back>{words::CANCEL}</a>
                    {confirm.button("button danger", button)}
                </div>
            </form>
        }),
    };
    frame(
        room,
        words::remove_member::TITLE,
        None,
        body.into_any(),
    )
}

fn facts(room: &OrganizationPage, member: &MemberView) -> AnyView {
    let email = member
        .email
        .clone()
        .map(|email| view! { <dt>{words::labels::EMAIL}</dt><dd><bdi>{email}</bdi></dd> });
    let waits = (!member.has_signed_in)
        .then(|| view! { <span class="sub">{words::members::NOT_SIGNED_IN_YET}</span> });
    view! {
        <dl class="facts boxed">
            {email}
            <dt>{words::labels::ROLE}</dt><dd>{member.role.label()}</dd>
            <dt>{words::labels::JOINED}</dt><dd>{when(room.ctx.now(), member.joined_at)}{waits}</dd>
        </dl>
    }
    .into_any()
}

fn effects() -> AnyView {
    let glyphs = ["logout", "danger", "members", "audit"];
    let line = |(glyph, text)| view! { <li>{icon(glyph)}{text}</li> };
    let lines = glyphs
        .into_iter()
        .zip(words::remove_member::EFFECTS)
        .map(line);
    view! { <ul class="plain-list">{lines.collect_view()}</ul> }.into_any()
}

/// The page if the person is no longer a member, for example because another tab submitted the same
/// form.
fn gone(room: OrganizationPage) -> Page {
    let render = move || {
        let back = Screen::Members(room.organization()).path();
        let body = view! {
            <div class="sheet">
                <div class="sheet-head"><h1>{words::remove_member::ALREADY_REMOVED}</h1></div>
                <div class="sheet-body"><div class="notice">{icon("info")}<p>{words::remove_member::ALREADY_REMOVED_HINT}</p></div></div>
                <div class="sheet-foot"><a class="button" href=back>{words::DONE}</a></div>
            </div>
        };
        frame(
            &room,
            words::remove_member::TITLE,
            None,
            body.into_any(),
        )
    };
    Page {
        status: http::StatusCode::NOT_FOUND,
        ..Page::new(words::remove_member::TITLE, render)
    }
}
