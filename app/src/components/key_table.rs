//! A table of the keys of an owner or of an API.

use domain::view::KeyLine;
use domain::{Moment, OrganizationId};
use leptos::either::Either;
use leptos::prelude::*;

use super::used;
use crate::routes::Screen;
use crate::shared_view::preview;
use crate::words;

/// What the table shows beside name, preview, status and last use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum KeyColumn {
    /// The owner, after the name: the keys have several.
    Owner,
    /// The API, after the name: the keys are for several.
    Api,
    /// When the key expires, as the last column.
    Expires,
}

/// The table. `caption` is for screen readers.
pub fn key_table(
    organization: &OrganizationId,
    keys: &[KeyLine],
    now: Moment,
    column: KeyColumn,
    caption: String,
) -> AnyView {
    let has = |wanted| column == wanted;
    let rows = keys
        .iter()
        .map(|line| row(organization.clone(), line, now, column));
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{caption}</caption>
                <thead><tr>
                    <th scope="col">{words::labels::NAME}</th>
                    {has(KeyColumn::Owner).then(|| view! { <th scope="col">{words::labels::OWNER}</th> })}
                    {has(KeyColumn::Api).then(|| view! { <th scope="col">{words::labels::API}</th> })}
                    <th scope="col">{words::labels::KEY_PREVIEW}</th>
                    <th scope="col">{words::labels::STATUS}</th>
                    <th scope="col">{words::labels::LAST_USED}</th>
                    {has(KeyColumn::Expires).then(|| view! { <th scope="col">{words::labels::EXPIRES}</th> })}
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(organization: OrganizationId, line: &KeyLine, now: Moment, column: KeyColumn) -> AnyView {
    let key = &line.key;
    let (badge, status) = words::keys::status(now, line.status(now));
    let page = Screen::Key(organization, key.key_id).path();
    let owner = (column == KeyColumn::Owner).then(|| {
        view! { <td data-label=words::labels::OWNER><bdi>{key.actor_name.clone()}</bdi></td> }
    });
    let api = (column == KeyColumn::Api).then(|| {
        let slug = key.api.as_ref().map(|api| api.slug.to_string());
        view! { <td data-label=words::labels::API><code class="id">{slug}</code></td> }
    });
    let expiry = (column == KeyColumn::Expires)
        .then(|| view! { <td data-label=words::labels::EXPIRES>{expires(key.expires_at)}</td> });
    view! {
        <tr class=(!key.is_active).then_some("inactive")>
            <th scope="row"><a href=page title=key.label.clone()><bdi>{key.label.clone()}</bdi></a></th>
            {owner}
            {api}
            <td data-label=words::labels::KEY_PREVIEW>{preview(&key.preview)}</td>
            <td data-label=words::labels::STATUS><span class=badge>{status}</span></td>
            <td data-label=words::labels::LAST_USED>{used(now, key.last_used)}</td>
            {expiry}
        </tr>
    }
    .into_any()
}

fn expires(at: Option<Moment>) -> impl IntoView {
    match at {
        Some(at) => Either::Left(
            view! { <time datetime=at.to_rfc3339() title=words::format::exact(at)>{at.to_day()}</time> },
        ),
        None => Either::Right(view! { <span class="muted">{words::keys::NEVER_EXPIRES}</span> }),
    }
}
