//! What cannot be undone, at the end of a page.

use domain::{Problem, Role};
use leptos::either::Either;
use leptos::prelude::*;

use super::frame::OrganizationPage;
use crate::request::PageContext;
use crate::routes::Screen;
use crate::words;

/// Whether the person is the only owner, who cannot leave: an organization needs an owner.
///
/// # Errors
/// `Unavailable`.
pub async fn is_only_owner(
    context: &PageContext,
    room: &OrganizationPage,
) -> Result<bool, Problem> {
    if room.ctx.actor().role != Role::Owner {
        return Ok(false);
    }
    let owners = context
        .engine
        .count_owners(&room.ctx)
        .await
        .map_err(|error| context.to_problem(&error))?;
    Ok(owners < 2)
}

/// Leaving the organization. The only owner reads why they cannot.
pub fn leave_zone(room: &OrganizationPage, is_only_owner: bool) -> AnyView {
    let path = Screen::Leave(room.organization()).path();
    let (text, button) = match is_only_owner {
        true => (
            words::leave_organization::LAST_OWNER,
            Either::Left(
                view! { <button class="button" type="button" disabled aria-describedby="leave-effect">{words::leave_organization::LINK}</button> },
            ),
        ),
        false => (
            words::leave_organization::EFFECTS[0],
            Either::Right(
                view! { <a class="button" href=path aria-describedby="leave-effect">{words::leave_organization::LINK}</a> },
            ),
        ),
    };
    view! {
        <section class="sheet danger-zone" aria-labelledby="danger-zone">
            <div class="sheet-head"><h2 id="danger-zone">{words::leave_organization::DANGER_ZONE}</h2></div>
            <div class="zone-line">
                <div><h3>{words::leave_organization::TITLE}</h3><p class="muted" id="leave-effect">{text}</p></div>
                {button}
            </div>
        </section>
    }
    .into_any()
}
