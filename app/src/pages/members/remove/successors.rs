//! The keys that service accounts got from a removed member. Only the response to the form contains
//! them.

use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::form_result::{RemovedMember, Successor};
use crate::islands::copying::CopyButtons;
use crate::pages::Page;
use crate::shared_view::{copy_status, icon, secret};
use crate::words;

/// The page of the new keys.
pub fn page(room: OrganizationPage, removed: RemovedMember) -> Page {
    Page::new(words::remove_member::HANDED_OVER, move || {
        render(&room, &removed)
    })
}

fn render(room: &OrganizationPage, removed: &RemovedMember) -> AnyView {
    let body = view! {
        <div class="sheet">
            <div class="sheet-head"><h1>{words::remove_member::HANDED_OVER}</h1></div>
            <div class="sheet-body">
                <div class="notice danger" id="reveal-notice">
                    {icon("danger")}<p class="strong">{words::remove_member::HANDED_OVER_WARNING}</p><p>{words::remove_member::HANDED_OVER_OLD}</p>
                </div>
                {removed.successors.iter().map(successor).collect_view()}
                {copy_status()}
            </div>
            <div class="sheet-foot"><a class="button" href=removed.to.clone()>{words::DONE}</a></div>
        </div>
    };
    view! { {frame(room, words::remove_member::HANDED_OVER, None, body.into_any())}<CopyButtons/> }
        .into_any()
}

fn successor(successor: &Successor) -> AnyView {
    let (name, owner) = (successor.key.label.clone(), successor.owner.clone());
    let label = view! { {words::labels::KEY_FOR.0}<bdi>{name}</bdi>{words::labels::KEY_OF_ACCOUNT.0}<bdi>{owner}</bdi>{words::labels::KEY_OF_ACCOUNT.1} };
    secret(
        format!("key-{}", successor.key.key_id),
        label,
        &successor.key.key,
        2,
    )
    .into_any()
}
