//! Organization Settings → Members: the members, their roles, and pending invitations.

use domain::command::MemberQuery;
use domain::policy::{Action, Grant, decide};
use domain::view::{InvitationView, MemberView, Page as Rows};
use domain::{ActorId, OrganizationId, Problem};
use leptos::prelude::*;

use self::invitations::pending_invitations;
use self::row::row;
use crate::components::danger_zone::{is_only_owner, leave_zone};
use crate::components::frame::{OrganizationPage, frame};
use crate::components::pager::pager;
use crate::components::roles::roles_explained;
use crate::components::search::search;
use crate::components::{done, done_until_closed};
use crate::flash::{Flash, MemberNotice};
use crate::pages::{Page, PageResponse};
use crate::request::{PageContext, PageRequest};
use crate::routes::{DOCS_OF_MEMBERS, Location, Screen};
use crate::shared_view::icon;
use crate::words;

mod invitations;
mod row;

const ROWS: i64 = 50;
/// The list of an organization with more members has a search.
const SEARCHED_FROM: usize = 10;

struct MembersPageData {
    room: OrganizationPage,
    members: Rows<MemberView>,
    /// `None` if the person cannot see invitations.
    invitations: Option<Rows<InvitationView>>,
    /// Whether the person is the only owner, who cannot leave.
    stays: bool,
    flash: Option<Flash>,
    problem: Option<Problem>,
}

impl MembersPageData {
    /// Whether the person can manage members.
    fn manages(&self) -> bool {
        decide(self.room.ctx.actor().role, Action::ManageMembers) == Grant::All
    }

    fn is_searched(&self) -> bool {
        self.room.place.get("q").is_some()
    }

    /// Whether there are enough members to search them.
    fn has_search(&self) -> bool {
        let members = &self.members;
        self.is_searched()
            || self.room.place.before().is_some()
            || members.next.is_some()
            || members.rows.len() > SEARCHED_FROM
    }
}

/// Every member of the organization. Only admins and owners see addresses, keys and invitations.
pub async fn load(
    request: &PageRequest,
    organization: OrganizationId,
) -> Result<PageResponse, Problem> {
    let context = &request.context;
    let place = Location::of(Screen::Members(organization.clone()), &request.query);
    if request.query_value("q") != place.get("q") {
        // The redirect removes what must not be in a URL, such as a whole key.
        return Ok(PageResponse::Go(place.path()));
    }
    let room = OrganizationPage::enter(context, &organization, place).await?;
    let shown = MembersPageData {
        members: list(context, &room).await?,
        invitations: invitations(context, &room).await?,
        stays: is_only_owner(context, &room).await?,
        flash: context.take_flash().await,
        problem: request.problem().cloned(),
        room,
    };
    Ok(PageResponse::Page(Page::new(
        words::members::TITLE,
        move || render(&shown),
    )))
}

/// The members on this page of the list. The person is the first of all, unless the list is
/// searched.
async fn list(context: &PageContext, room: &OrganizationPage) -> Result<Rows<MemberView>, Problem> {
    let query = MemberQuery {
        text: room.place.get("q").map(str::to_owned),
        role: None,
        before: room.place.before().map(ActorId),
    };
    let to_problem = |error: engine::Error| context.to_problem(&error);
    let mut members = context
        .engine
        .list_members(&room.ctx, &query, ROWS)
        .await
        .map_err(to_problem)?;
    if query.text.is_some() {
        return Ok(members);
    }
    let own = room.ctx.actor().id;
    members
        .rows
        .retain(|member| member.actor_id != own);
    if query.before.is_none() {
        let you = context
            .engine
            .get_member(&room.ctx, own)
            .await
            .map_err(to_problem)?;
        members.rows.insert(0, you);
    }
    Ok(members)
}

/// The pending invitations, on the first page of the whole list.
async fn invitations(
    context: &PageContext,
    room: &OrganizationPage,
) -> Result<Option<Rows<InvitationView>>, Problem> {
    let sees_invitations = decide(room.ctx.actor().role, Action::SeeAddresses) == Grant::All;
    if !sees_invitations || room.place.before().is_some() || room.place.get("q").is_some() {
        return Ok(None);
    }
    context
        .engine
        .list_invitations(&room.ctx, room.place.number("waiting"), ROWS)
        .await
        .map(Some)
        .map_err(|error| context.to_problem(&error))
}

fn render(shown: &MembersPageData) -> AnyView {
    let room = &shown.room;
    let invite = shown.manages().then(|| {
        let path = Screen::InviteMember(room.organization()).path();
        view! { <a class="button primary" href=path data-dialog="">{icon("plus")}{words::invite_member::TITLE}</a> }
    });
    let content = match shown.members.rows.is_empty() {
        true => no_match(room),
        false => table(shown),
    };
    let body = view! {
        {notice(shown)}
        <div class="page-head">
            <div>
                <h1>{words::members::TITLE}</h1>
                <p class="lede">{words::members::lede(&room.name)}" "<a href=DOCS_OF_MEMBERS>{words::members::ABOUT}</a></p>
            </div>
            {invite}
        </div>
        {filters(shown)}
        {content}
        {pager(&room.place, shown.members.next, words::members::NEWEST, words::members::OLDER)}
        {shown.invitations.as_ref().and_then(|invitations| pending_invitations(room, invitations))}
        {roles_explained()}
        {leave_zone(room, shown.stays)}
    };
    frame(
        room,
        words::members::TITLE,
        shown.problem.as_ref(),
        body.into_any(),
    )
}

/// The search, and the link to all members if the list is searched.
fn filters(shown: &MembersPageData) -> Option<AnyView> {
    let room = &shown.room;
    let label = if shown.manages() {
        words::members::SEARCH_WITH_EMAIL
    } else {
        words::members::SEARCH
    };
    let all = Screen::Members(room.organization()).path();
    let clear = shown
        .is_searched()
        .then(|| view! { <a class="link-button" href=all>{words::members::CLEAR_SEARCH}</a> });
    shown
        .has_search()
        .then(|| view! { <div class="filters">{search(room, label)}{clear}</div> }.into_any())
}

fn no_match(room: &OrganizationPage) -> AnyView {
    let all = Screen::Members(room.organization()).path();
    view! {
        <div class="empty">
            {icon("search")}
            <h2>{words::members::NO_MATCH}</h2>
            <div class="actions"><a class="button" href=all>{words::members::CLEAR_SEARCH}</a></div>
        </div>
    }
    .into_any()
}

/// The result of the previous page, shown once.
fn notice(shown: &MembersPageData) -> Option<AnyView> {
    let Some(Flash::People(notice)) = &shown.flash else {
        return None;
    };
    let named = |name: &str, text: String| view! { <bdi>{name.to_owned()}</bdi>{text} }.into_any();
    let text = match notice {
        MemberNotice::InvitationCanceled => words::invitations::CANCELED.into_any(),
        MemberNotice::AlreadyInvited => {
            return Some(done_until_closed(
                words::invite_member::ALREADY_CREATED,
            ));
        }
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
                    <th scope="col">{words::labels::JOINED}</th>
                    {manages.then(|| view! { <th scope="col" class="row-actions"><span class="visually-hidden">{words::labels::ACTIONS}</span></th> })}
                </tr></thead>
                <tbody>{shown.members.rows.iter().map(|member| row(shown, member)).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
