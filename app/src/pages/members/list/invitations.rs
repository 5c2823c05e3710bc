//! Pending invitations.

use domain::policy::may_give;
use domain::view::{InvitationView, Page as Rows};
use leptos::prelude::*;

use crate::components::frame::OrganizationPage;
use crate::components::pager::{Pages, pages};
use crate::components::when_due;
use crate::words;

/// The table of pending invitations. `None` if there are none.
pub fn pending_invitations(
    room: &OrganizationPage,
    invitations: &Rows<InvitationView>,
) -> Option<AnyView> {
    if invitations.rows.is_empty()
        && invitations.next.is_none()
        && room.place.get("waiting").is_none()
    {
        return None;
    }
    let (first, more) = (words::invitations::NEWEST, words::invitations::OLDER);
    let ways = pages(
        &room.place,
        &Pages {
            mark: "waiting",
            next: invitations.next,
            first,
            more,
        },
    );
    Some(
        view! {
            <h2 id="pending">{words::invitations::TITLE}</h2>
            <div class="table-wrap">
                <table class="table" aria-labelledby="pending">
                    <thead><tr>
                        <th scope="col">{words::labels::EMAIL}</th>
                        <th scope="col">{words::labels::ROLE}</th>
                        <th scope="col">{words::labels::INVITED_BY}</th>
                        <th scope="col">{words::labels::EXPIRES}</th>
                        <th scope="col" class="row-actions"><span class="visually-hidden">{words::labels::ACTIONS}</span></th>
                    </tr></thead>
                    <tbody>{invitations.rows.iter().map(|one| row(room, one)).collect_view()}</tbody>
                </table>
            </div>
            {ways.map(|ways| view! { <div class="pager">{ways}</div> })}
        }
        .into_any(),
    )
}

fn row(room: &OrganizationPage, one: &InvitationView) -> AnyView {
    let cancel = may_give(room.ctx.actor().role, one.role).then(|| {
        let whose =
            view! { <span class="visually-hidden">" "{words::labels::FOR}<bdi>{one.email.clone()}</bdi></span> };
        view! {
            <form method="post" action="/ui/cancel_invitation">
                {room.fields(Some(("invitation_id", one.id.to_string())))}
                <button class="link-button danger">{words::invitations::CANCEL}{whose}</button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row"><bdi>{one.email.clone()}</bdi></th>
            <td data-label=words::labels::ROLE>{one.role.label()}</td>
            <td class="inviter" data-label=words::labels::INVITED_BY><bdi>{one.invited_by.clone()}</bdi></td>
            <td data-label=words::labels::EXPIRES>{when_due(room.ctx.now(), one.expires_at)}</td>
            <td class="row-actions"><div>{cancel}</div></td>
        </tr>
    }
    .into_any()
}
