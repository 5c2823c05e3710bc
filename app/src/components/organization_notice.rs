//! What a person did with an organization, shown once on the next page.

use leptos::prelude::*;

use super::done;
use super::frame::OrganizationPage;
use crate::flash::OrganizationNotice;
use crate::words;

/// The notice after the person created, joined or left an organization.
pub fn moved(room: &OrganizationPage, how: &OrganizationNotice) -> AnyView {
    let here = room.name.clone();
    let (before, name, after) = match how {
        OrganizationNotice::Created => (
            "“",
            here,
            words::create_organization::CREATED.to_owned(),
        ),
        OrganizationNotice::Joined => {
            let (before, after) = words::join::welcome(room.ctx.actor().role);
            (before, here, after)
        }
        OrganizationNotice::Left { organization } => (
            words::leave_organization::LEFT.0,
            organization.clone(),
            words::leave_organization::LEFT.1.to_owned(),
        ),
    };
    done(view! { {before}<bdi>{name}</bdi>{after} })
}
