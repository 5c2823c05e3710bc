//! Organization Settings → Members: the members, their roles, and pending invitations.

use domain::policy::{Action, Grant, decide, may_give};
use domain::view::{InvitationView, MemberView, Page as Rows};
use domain::{Moment, OrganizationId, Problem};
use leptos::prelude::*;

use self::invitations::pending_invitations;
use crate::components::frame::{OrganizationPage, frame};
use crate::components::pager::pager;
use crate::components::roles::roles_explained;
use crate::components::{done, when};
use crate::flash::{Flash, MemberNotice};
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{DOCS_OF_MEMBERS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

mod invitations;

const ROWS: i64 = 50;

struct MembersPageData {
    room: OrganizationPage,
    members: Rows<MemberView>,
    /// `None` if the person cannot see invitations.
    invitations: Option<Rows<InvitationView>>,
    flash: Option<Flash>,
    problem: Option<Problem>,
}

impl MembersPageData {
    /// Whether the person can manage members.
    fn manages(&self) -> bool {
        decide(self.room.ctx.actor().role, Action::ManageMembers) == Grant::All
    }
}

/// Every member of the organization. Only admins and owners see addresses, keys and invitations.
pub async fn load(request: &PageRequest, organization: OrganizationId) -> Result<Page, Problem> {
    let context = &request.context;
    let room = OrganizationPage::enter(
        context,
        &organization,
        Location::of(Screen::Members(organization.clone()), &request.query),
    )
    .await?;
    let members = context
        .engine
        .list_members(&room.ctx, room.place.before(), ROWS)
        .await;
    let members = members.map_err(|error| context.to_problem(&error))?;
    let sees_invitations = decide(room.ctx.actor().role, Action::SeeAddresses) == Grant::All;
    let invitations = match sees_invitations && room.place.before().is_none() {
        true => {
            let found = context
                .engine
                .list_invitations(&room.ctx, room.place.number("waiting"), ROWS)
                .await;
            Some(found.map_err(|error| context.to_problem(&error))?)
        }
        false => None,
    };
    let (flash, problem) = (context.take_flash().await, request.problem().cloned());
    let shown = MembersPageData {
        room,
        members,
        invitations,
        flash,
        problem,
    };
    Ok(Page::new(words::members::TITLE, move || {
        render(&shown)
    }))
}

fn render(shown: &MembersPageData) -> AnyView {
    let room = &shown.room;
    let invite = shown.manages().then(|| {
        let path = Screen::InviteMember(room.organization()).path();
        view! { <a class="button primary" href=path>{icon("plus")}{words::invite_member::TITLE}</a> }
    });
    let leave = Screen::Leave(room.organization()).path();
    let body = view! {
        {notice(shown)}
        <div class="page-head">
            <div>
                <h1>{words::members::TITLE}</h1>
                <p class="lede">{words::members::lede(&room.name)}" "<a href=DOCS_OF_MEMBERS>{words::members::ABOUT}</a></p>
            </div>
            <div class="actions"><a class="button" href=leave>{words::leave_organization::LINK}</a>{invite}</div>
        </div>
        {table(shown)}
        {pager(&room.place, shown.members.next, words::members::NEWEST, words::members::OLDER)}
        {shown.invitations.as_ref().and_then(|invitations| pending_invitations(room, invitations))}
        {roles_explained()}
    };
    frame(
        room,
        words::members::TITLE,
        shown.problem.as_ref(),
        body.into_any(),
    )
}

/// The result of the previous page, shown once.
fn notice(shown: &MembersPageData) -> Option<AnyView> {
    let Some(Flash::People(notice)) = &shown.flash else {
        return None;
    };
    let named = |name: &str, text: String| view! { <bdi>{name.to_owned()}</bdi>{text} }.into_any();
    let text = match notice {
        MemberNotice::InvitationCanceled => words::invitations::CANCELED.into_any(),
        MemberNotice::AlreadyInvited => words::invite_member::ALREADY_CREATED.into_any(),
        MemberNotice::RoleChanged { name, role } => named(name, words::change_role::changed(*role)),
        MemberNotice::Removed { name } => named(name, words::remove_member::REMOVED.to_owned()),
    };
    Some(done(text))
}

fn table(shown: &MembersPageData) -> AnyView {
    let manages = shown.manages();
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{words::members::caption(&shown.room.name)}</caption>
                <thead><tr>
                    <th scope="col">{words::labels::NAME}</th>
                    {manages.then(|| view! { <th scope="col">{words::labels::EMAIL}</th> })}
                    <th scope="col">{words::labels::ROLE}</th>
                    {manages.then(|| view! { <th scope="col">{words::labels::ACTIVE_KEYS}</th> })}
                    <th scope="col" aria-sort="descending">{words::labels::JOINED}</th>
                    {manages.then(|| view! { <th scope="col" class="row-actions"><span class="visually-hidden">{words::labels::ACTIONS}</span></th> })}
                </tr></thead>
                <tbody>{shown.members.rows.iter().map(|member| row(shown, member)).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(shown: &MembersPageData, member: &MemberView) -> AnyView {
    let (manages, now): (bool, Moment) = (shown.manages(), shown.room.ctx.now());
    let you = (member.actor_id == shown.room.ctx.actor().id)
        .then(|| view! { " "<span class="badge plain">{words::members::YOU}</span> });
    let waits = (!member.has_signed_in)
        .then(|| view! { <span class="sub">{words::members::NOT_SIGNED_IN_YET}</span> });
    view! {
        <tr>
            <th scope="row"><div><bdi>{member.name.clone()}</bdi>{you}{waits}</div></th>
            {manages.then(|| view! { <td data-label=words::labels::EMAIL><bdi>{member.email.clone()}</bdi></td> })}
            <td data-label=words::labels::ROLE>{member.role.label()}</td>
            {manages.then(|| view! { <td data-label=words::labels::ACTIVE_KEYS>{keys(&shown.room, member)}</td> })}
            <td data-label=words::labels::JOINED>{when(now, member.joined_at)}</td>
            {manages.then(|| view! { <td class="row-actions"><div>{actions(&shown.room, member)}</div></td> })}
        </tr>
    }
    .into_any()
}

/// The number of active keys, with a link to them.
fn keys(room: &OrganizationPage, member: &MemberView) -> AnyView {
    let count = member.active_keys.unwrap_or_default();
    if count == 0 {
        return view! { <span class="number muted">{count}</span> }.into_any();
    }
    let keys = Location::top(Screen::ApiKeys(room.organization()))
        .with("owner", Some(&member.actor_id.to_string()));
    let of = view! { <span class="visually-hidden">{words::labels::OF}<bdi>{member.name.clone()}</bdi></span> };
    view! { <a class="number" href=keys.path()>{count}{of}</a> }.into_any()
}

/// The actions for a member. You cannot remove yourself, only leave.
fn actions(room: &OrganizationPage, member: &MemberView) -> Option<AnyView> {
    let (own, organization) = (room.ctx.actor(), room.organization());
    if !may_give(own.role, member.role) {
        return None;
    }
    let of = || view! { <span class="visually-hidden">{words::labels::OF}<bdi>{member.name.clone()}</bdi></span> };
    let role = Screen::ChangeRole(organization.clone(), member.actor_id).path();
    let remove = (member.actor_id != own.id).then(|| {
        let path = Screen::RemoveMember(organization, member.actor_id).path();
        let name =
            view! { <span class="visually-hidden">" "<bdi>{member.name.clone()}</bdi></span> };
        view! { <a class="link-button danger" href=path>{words::remove_member::LINK}{name}</a> }
    });
    Some(
        view! { <a class="link-button" href=role>{words::change_role::TITLE}{of()}</a>{remove} }
            .into_any(),
    )
}
