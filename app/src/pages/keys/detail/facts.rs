//! The details of a key.

use domain::api::ApiScopeWord;
use domain::scope::{Group, Permissions};
use domain::view::{KeyLine, KeyView};
use leptos::prelude::*;

use super::KeyPageData;
use crate::components::frame::OrganizationPage;
use crate::components::{moving, when, when_due};
use crate::pages::keys::expire_earlier::can_expire_earlier;
use crate::routes::Screen;
use crate::shared_view::{icon, preview};
use crate::words;

/// The details. `narrow` is the form that removes permissions, below these.
pub fn facts(shown: &KeyPageData, narrow: Option<AnyView>) -> AnyView {
    let (room, line) = (&shown.room, &shown.key.line);
    let (key, now) = (&line.key, room.ctx.now());
    let row =
        |label: &'static str, value: AnyView| view! { <dt>{label}</dt><dd>{value}</dd> }.into_any();
    let by = key
        .created_by
        .clone()
        .map(|by| view! { " "{words::labels::BY}<bdi>{by}</bdi> });
    let expires = match key.expires_at {
        Some(at) => {
            view! { {when_due(now, at)}<span class="sub">{at.to_words()}</span> }.into_any()
        }
        None => words::keys::NEVER_EXPIRES.into_any(),
    };
    let expire_earlier = can_expire_earlier(key, now).then(|| {
        let path = Screen::ExpireKeyEarlier(room.organization(), key.key_id).path();
        view! { <a href=path data-dialog="">{words::expire_key_earlier::LINK}</a> }
    });
    let revoked = key.revoked_at.map(|at| {
        let why = line
            .revoke_reason
            .map(|reason| format!(" · {}", reason.label()));
        row(
            words::labels::REVOKED,
            view! { {when(now, at)}{why} }.into_any(),
        )
    });
    let api = key.api.as_ref().map(|api| {
        row(
            words::labels::API,
            view! { <code>{api.slug.to_string()}</code> }.into_any(),
        )
    });
    view! {
        <section class="panel" aria-labelledby="facts-title">
            <h2 id="facts-title">{words::keys::DETAILS}</h2>
            <dl class="facts">
                {row(words::labels::DESCRIPTION, description(room, line))}
                {row(words::labels::KEY_PREVIEW, preview(&key.preview).into_any())}
                {row(words::labels::PREFIX, copied(key.key_prefix.clone(), words::labels::COPY_PREFIX))}
                {row(words::labels::KEY_ID, copied(key.key_id.to_string(), words::keys::COPY_KEY_ID))}
                {row(words::labels::OWNER, view! { <bdi>{key.actor_name.clone()}</bdi> }.into_any())}
                {api}
                {key.api.is_none().then(|| row(words::labels::ROLE, key.role.label().into_any()))}
                {row(words::create_key::ENVIRONMENT, key.environment.label().into_any())}
                {row(words::create_key::PERMISSIONS, permissions(key))}
                {narrow.map(|form| view! { <dd class="whole">{form}</dd> })}
                {row(words::labels::CREATED, view! { {when(now, key.created_at)}{by} }.into_any())}
                {row(words::labels::LAST_USED, last_used(room, line))}
                {row(words::labels::EXPIRES, view! { {expires}" "{expire_earlier} }.into_any())}
                {allowed_ips(key)}
                {sealed(shown)}
                {revoked}
                {other(room, words::labels::REPLACES, shown.before.as_ref())}
                {other(room, words::labels::REPLACED_BY, shown.after.as_ref())}
            </dl>
        </section>
    }
    .into_any()
}

/// What the key is for, and the link to its form.
fn description(room: &OrganizationPage, line: &KeyLine) -> AnyView {
    let path = Screen::DescribeKey(room.organization(), line.key.key_id).path();
    let (add, edit) = words::describe_key::LINKS;
    let link = if line.description.is_some() {
        edit
    } else {
        add
    };
    let text = line
        .description
        .clone()
        .map(|text| view! { <span class="description" dir="auto">{text}</span>" " });
    view! { {text}<a href=path data-dialog="">{link}</a> }.into_any()
}

fn copied(text: String, name: &'static str) -> AnyView {
    view! {
        <span class="copied">
            <code>{text.clone()}</code>
            <button class="icon-button small needs-script" type="button" data-copy-text=text aria-label=name>{icon("copy")}</button>
        </span>
    }
    .into_any()
}

fn permissions(key: &KeyView) -> AnyView {
    if let Some(api) = key
        .api
        .as_ref()
        .filter(|api| !api.scopes.is_empty())
    {
        let line = |word: &ApiScopeWord| view! { <li><code>{word.to_string()}</code></li> };
        return view! { <ul class="plain-list">{api.scopes.iter().map(line).collect_view()}</ul> }
            .into_any();
    }
    let Permissions::Only(scopes) = key.scopes else {
        return words::keys::FULL_ACCESS.into_any();
    };
    if scopes.is_empty() {
        return words::NONE.into_any();
    }
    let line = |group: Group| {
        words::keys::access(scopes, group).map(
            |access| view! { <li>{group.label()}" · "<span class="muted">{access}</span></li> },
        )
    };
    view! {
        {words::keys::permissions_of(key)}
        <ul class="plain-list sub">{Group::ALL.map(line).into_iter().flatten().collect_view()}</ul>
    }
    .into_any()
}

/// Where the key can be used from, unless it is everywhere.
fn allowed_ips(key: &KeyView) -> Option<AnyView> {
    let blocks = key.allowed_ips.line()?.replace(' ', ", ");
    Some(view! { <dt>{words::ip_list::TITLE}</dt><dd><code>{blocks}</code></dd> }.into_any())
}

/// What the key decrypts, as a link to everything that its owner has sealed.
fn sealed(shown: &KeyPageData) -> Option<AnyView> {
    let (counts, screen) = shown.sealed.as_ref()?;
    let path = screen.path();
    Some(
        view! { <dt>{words::sealed::DECRYPTS}</dt><dd><a href=path>{words::sealed::counts(*counts)}</a></dd> }
            .into_any(),
    )
}

fn last_used(room: &OrganizationPage, line: &KeyLine) -> AnyView {
    let key = &line.key;
    let (address, agent) = (
        line.last_used_address.clone(),
        line.last_used_agent.clone(),
    );
    view! {
        {moving(key.key_id, room.ctx.now(), key.last_used)}
        <span data-used-from="" hidden=address.is_none()>{words::labels::FROM}<code>{address.clone()}</code></span>
        <span class="sub" data-used-by="" hidden=agent.is_none()><bdi>{agent.clone()}</bdi></span>
    }
    .into_any()
}

/// The predecessor or the successor of the key.
fn other(room: &OrganizationPage, label: &'static str, line: Option<&KeyLine>) -> Option<AnyView> {
    let key = &line?.key;
    let path = Screen::Key(room.organization(), key.key_id).path();
    Some(
        view! { <dt>{label}</dt><dd><a href=path><bdi>{key.label.clone()}</bdi></a>" "<code>{key.key_prefix.clone()}</code></dd> }
            .into_any(),
    )
}
