//! A new key, if no dialog shows it. Only the response to the form contains it.

use domain::Moment;
use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::components::live::Mark;
use crate::form_result::{CreatedKey, ReplacedKey};
use crate::islands::copying::CopyButtons;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::Screen;
use crate::shared_view::{icon, revealed};
use crate::words;

/// The page of a new key, with a link back to a screen.
pub fn page(
    request: &PageRequest,
    room: OrganizationPage,
    created: CreatedKey,
    back: Screen,
) -> Page {
    let url = request.context.site_config.public_url.clone();
    Page {
        islands: true,
        ..Page::new(words::reveal_key::TITLE, move || {
            render(&room, &created, &url, &back)
        })
    }
}

fn render(room: &OrganizationPage, created: &CreatedKey, url: &str, back: &Screen) -> AnyView {
    let replaced = created
        .replaced
        .map(|replaced| old(room, &replaced));
    let body = view! {
        <div class="sheet">
            <div class="sheet-head"><h1 id="reveal-title">{words::reveal_key::TITLE}</h1></div>
            {revealed(&created.key, &created.key_id.to_string(), &created.label, url)}
            {replaced}
            <div class="sheet-foot"><a class="button" href=back.path()>{words::DONE}</a></div>
        </div>
    };
    view! { {frame(room, words::reveal_key::TITLE, None, body.into_any())}<CopyButtons/>{Mark::of_uses(&room.ctx).hidden()} }
        .into_any()
}

/// Until when the replaced key works.
fn old(room: &OrganizationPage, replaced: &ReplacedKey) -> AnyView {
    let end = replaced.ends_at.map(|_: Moment| {
        let path = Screen::RevokeKey(room.organization(), replaced.key_id).path();
        view! { <a href=path>{words::rotate_key::REVOKE_OLD_KEY}</a> }
    });
    let lost = words::rotate_key::messages_lost(replaced.lost).map(|lost| view! { <p>{lost}</p> });
    view! {
        <div class="sheet-body after">
            <div class="notice warning">{icon("clock")}<p>{words::rotate_key::old_key(replaced.ends_at)}{end}</p>{lost}</div>
        </div>
    }
    .into_any()
}
