//! Changing the role of a member.

use domain::policy::{Action, Grant, decide, may_give};
use domain::view::MemberView;
use domain::{ActorId, Code, OrganizationId, Problem, Role};
use leptos::prelude::*;

use crate::components::confirm::{ButtonWords, Confirm, power};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::roles::{given_by, role_cards};
use crate::components::summary;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::words;

/// The roles to choose from, and the effects of a change.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
    member: ActorId,
) -> Result<Page, Problem> {
    let context = &request.context;
    let place = Location::top(Screen::ChangeRole(organization.clone(), member));
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let own = room.ctx.actor().role;
    if decide(own, Action::ManageMembers) == Grant::No {
        return Err(context.problem(Code::Forbidden));
    }
    let member = context
        .engine
        .get_member(&room.ctx, member)
        .await
        .map_err(|error| context.to_problem(&error))?;
    if !may_give(own, member.role) {
        return Err(context.problem(Code::Forbidden));
    }
    let owners = context
        .engine
        .count_owners(&room.ctx)
        .await
        .map_err(|error| context.to_problem(&error))?;
    let stays = member.role == Role::Owner && owners < 2;
    let chosen = request
        .typed("role")
        .and_then(|role| role.parse().ok())
        .unwrap_or(member.role);
    let problem = request.problem().cloned();
    let render = move || render(&room, &member, stays, chosen, problem.as_ref());
    Ok(Page::new(words::change_role::TITLE, render))
}

fn render(
    room: &OrganizationPage,
    member: &MemberView,
    stays: bool,
    chosen: Role,
    problem: Option<&Problem>,
) -> AnyView {
    let body = if stays {
        last_owner(room, member)
    } else {
        form(room, member, chosen, problem)
    };
    frame(room, words::change_role::TITLE, None, body)
}

fn heading(member: &MemberView) -> AnyView {
    view! { <div class="sheet-head"><h1>{words::change_role::heading(&member.name)}</h1></div> }
        .into_any()
}

/// The sheet for the only owner, who keeps the role.
fn last_owner(room: &OrganizationPage, member: &MemberView) -> AnyView {
    let back = Screen::Members(room.organization()).path();
    view! {
        <div class="sheet">
            {heading(member)}
            <div class="sheet-body"><div class="notice">{icon("info")}<p>{words::change_role::LAST_OWNER}</p></div></div>
            <div class="sheet-foot"><a class="button" href=back>{words::DONE}</a></div>
        </div>
    }
    .into_any()
}

fn form(
    room: &OrganizationPage,
    member: &MemberView,
    chosen: Role,
    problem: Option<&Problem>,
) -> AnyView {
    let back = Screen::Members(room.organization()).path();
    let confirm = Confirm::of(room);
    let powerful = |role: Role| role == Role::Owner || (role == Role::Admin && role > member.role);
    let button = ButtonWords {
        id: None,
        label: words::change_role::TITLE.into(),
        confirm: words::change_role::CONFIRM,
        waiting: words::change_role::WAITING,
    };
    view! {
        <form
            class="sheet" method="post" action="/ui/change_role" data-once=""
            data-stale=confirm.stale() data-fresh-for=confirm.left() data-power=power(member.role == Role::Owner)
        >
            {room.fields(Some(("actor_id", member.actor_id.to_string())))}
            {heading(member)}
            <div class="sheet-body">
                {summary(words::change_role::FAILED, problem, &room.place)}
                {own(room, member)}
                {role_cards(problem, chosen, words::change_role::HINT, given_by(room.ctx.actor().role), powerful)}
                <ul class="plain-list">
                    <li>{icon("danger")}{words::change_role::EFFECTS[0]}</li>
                    <li>{icon("key")}{words::change_role::EFFECTS[1]}</li>
                </ul>
            </div>
            <div class="sheet-foot">
                <p class="push">{confirm.note()}</p>
                <a class="button" href=back>{words::CANCEL}</a>
                {confirm.button("button primary", button)}
            </div>
        </form>
    }
    .into_any()
}

/// The warning for changing your own role: you cannot raise it again.
fn own(room: &OrganizationPage, member: &MemberView) -> Option<AnyView> {
    (member.actor_id == room.ctx.actor().id).then(|| {
        view! { <div class="notice warning">{icon("warning")}<p>{words::change_role::OWN_ROLE}</p></div> }.into_any()
    })
}
