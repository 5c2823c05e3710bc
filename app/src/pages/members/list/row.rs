//! One member in the list.

use domain::policy::may_give;
use domain::view::MemberView;
use leptos::prelude::*;

use super::MembersPageData;
use crate::components::avatar::avatar;
use crate::components::frame::OrganizationPage;
use crate::components::when;
use crate::routes::{Location, Screen};
use crate::shared_view::icon;
use crate::words;

/// The row of a member, with a menu for those who can change them.
pub fn row(shown: &MembersPageData, member: &MemberView) -> AnyView {
    let (manages, now) = (shown.manages(), shown.room.ctx.now());
    let you = (member.actor_id == shown.room.ctx.actor().id)
        .then(|| view! { " "<span class="badge plain">{words::members::YOU}</span> });
    let waits = (!member.has_signed_in)
        .then(|| view! { <span class="sub">{words::members::NOT_SIGNED_IN_YET}</span> });
    view! {
        <tr id=format!("member-{}", member.actor_id)>
            <th scope="row"><div class="who">{avatar(member.actor_id.0, &member.name)}<div><bdi>{member.name.clone()}</bdi>{you}{waits}</div></div></th>
            {manages.then(|| view! { <td data-label=words::labels::EMAIL><bdi>{member.email.clone()}</bdi></td> })}
            <td data-label=words::labels::ROLE>{member.role.label()}</td>
            {manages.then(|| view! { <td data-label=words::labels::ACTIVE_KEYS>{keys(&shown.room, member)}</td> })}
            <td data-label=words::labels::JOINED>{when(now, member.joined_at)}</td>
            {manages.then(|| view! { <td class="row-actions"><div>{remove_link(&shown.room, member)}{menu(&shown.room, member)}</div></td> })}
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

/// The page that removes a member, if the person can. You cannot remove yourself, only leave.
fn remove_path(room: &OrganizationPage, member: &MemberView) -> Option<String> {
    let own = room.ctx.actor();
    let may_remove = member.actor_id != own.id && may_give(own.role, member.role);
    may_remove.then(|| Screen::RemoveMember(room.organization(), member.actor_id).path())
}

/// The link **Remove**.
fn remove_link(room: &OrganizationPage, member: &MemberView) -> Option<AnyView> {
    let path = remove_path(room, member)?;
    let name = member.name.clone();
    let link = view! {
        <a class="link-button danger" href=path data-dialog="">
            {words::remove_member::LABEL}
            <span class="visually-hidden">" "<bdi>{name}</bdi></span>
        </a>
    };
    Some(link.into_any())
}

/// The menu of a member.
fn menu(room: &OrganizationPage, member: &MemberView) -> Option<AnyView> {
    let (own, organization) = (room.ctx.actor(), room.organization());
    if !may_give(own.role, member.role) {
        return None;
    }
    let role = Screen::ChangeRole(organization, member.actor_id).path();
    let remove = remove_path(room, member).map(|path| {
        view! { <li class="apart"><a class="danger" href=path data-dialog="">{icon("danger")}{words::remove_member::LINK}</a></li> }
    });
    let menu = view! {
        <details class="menu" name="menu">
            <summary class="icon-button">
                {icon("more")}
                <span class="visually-hidden">{words::members::actions_for(&member.name)}</span>
            </summary>
            <ul class="menu-list">
                <li><a href=role data-dialog="">{icon("person")}{words::change_role::LINK}</a></li>
                {remove}
            </ul>
        </details>
    };
    Some(menu.into_any())
}
