//! A new key. Only the response to the form contains it.

use domain::Moment;
use domain::api::KeyHeader;
use domain::view::ApiView;
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::frame::{OrganizationPage, frame};
use crate::components::live::Mark;
use crate::form_result::{CreatedKey, ReplacedKey};
use crate::islands::copying::CopyButtons;
use crate::islands::live::LiveMarks;
use crate::pages::Page;
use crate::request::PageRequest;
use crate::routes::{Screen, gate_url};
use crate::shared_view::{NewKey, finish_words, icon, revealed, revealed_with};
use crate::words;

/// The page of a new key, with a link back to a screen.
pub async fn page(
    request: &PageRequest,
    room: OrganizationPage,
    created: CreatedKey,
    back: Screen,
) -> Page {
    let url = request.context.site_config.public_url.clone();
    // This page is the only one that shows the key, so it does not depend on the API being read.
    let api = match &created.api {
        Some(slug) => request
            .context
            .engine
            .get_api(&room.ctx, slug)
            .await
            .ok(),
        None => None,
    };
    Page::new(words::reveal_key::TITLE, move || {
        render(&room, &created, api.as_ref(), &url, &back)
    })
}

fn render(
    room: &OrganizationPage,
    created: &CreatedKey,
    api: Option<&ApiView>,
    url: &str,
    back: &Screen,
) -> AnyView {
    let replaced = created
        .replaced
        .map(|replaced| old(room, &replaced));
    let title = if created.replaced.is_some() {
        words::rotate_key::new_key_for(&created.label)
    } else {
        words::reveal_key::TITLE.to_owned()
    };
    let body = view! {
        <div class="sheet">
            <div class="sheet-head"><h1 id="reveal-title">{title}</h1></div>
            {sheet(created, api, url)}
            {replaced}
            <div class="sheet-foot"><a class="button primary" href=back.path() data-finish="">{finish_words()}</a></div>
        </div>
    };
    view! { {frame(room, words::reveal_key::TITLE, None, body.into_any())}<CopyButtons/>{Mark::of_uses(&room.ctx).hidden()}<LiveMarks/> }
        .into_any()
}

/// The key with the commands that set it and try it, at Roundtable or at the gate of its API.
fn sheet(created: &CreatedKey, api: Option<&ApiView>, url: &str) -> impl IntoView + use<> {
    let key_id = created.key_id.to_string();
    let new = NewKey {
        key: &created.key,
        key_id: &key_id,
        label: &created.label,
    };
    let Some(slug) = &created.api else {
        return Either::Left(revealed(&new, url));
    };
    let header = api.map_or(KeyHeader::Any, |api| api.key_header);
    let gate = gate_url(url, slug);
    Either::Right(revealed_with(
        &new,
        words::reveal_key::api_shell_line(&created.key),
        words::reveal_key::gate_line(&gate, &created.key, header),
    ))
}

/// Until when the replaced key works.
fn old(room: &OrganizationPage, replaced: &ReplacedKey) -> AnyView {
    let end = replaced.ends_at.map(|_: Moment| {
        let path = Screen::RevokeKey(room.organization(), replaced.key_id).path();
        view! { <a href=path>{words::rotate_key::REVOKE_OLD_KEY}</a> }
    });
    let lost = words::rotate_key::items_lost(replaced.lost).map(|lost| view! { <p>{lost}</p> });
    view! {
        <div class="sheet-body after">
            <div class="notice warning">{icon("clock")}<p>{words::rotate_key::old_key(replaced.ends_at)}{end}</p>{lost}</div>
        </div>
    }
    .into_any()
}
