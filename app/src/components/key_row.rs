//! A key in a table of keys.

use domain::environment::Environment;
use domain::key::KeyStatus;
use domain::scope::{Group, Permissions};
use domain::view::{KeyLine, KeyView};
use domain::{KeyId, Moment, OrganizationId};
use leptos::prelude::*;

use super::avatar::small_avatar;
use super::frame::OrganizationPage;
use super::{moving, when, when_due};
use crate::routes::Screen;
use crate::shared_view::{icon, preview};
use crate::words;

/// Who a table of keys names beside each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPerson {
    /// Nobody: all keys have one owner.
    Nobody,
    /// Who created it, and its owner if that is another actor.
    Creator,
    /// Its owner.
    Owner,
}

/// What the rows of a table of keys have in common.
pub struct KeyRows {
    /// The organization.
    pub organization: OrganizationId,
    /// The time of the page.
    pub now: Moment,
    /// Whether rows can be selected.
    pub has_picks: bool,
    /// Whether keys can be rotated: not if their owner is disabled or paused.
    pub may_rotate: bool,
    /// Who is named.
    pub person: KeyPerson,
    /// The keys that replace another active key of the table.
    pub replacements: Vec<KeyId>,
}

/// The keys that replace another active key of a table.
pub fn replacements(lines: &[KeyLine]) -> Vec<KeyId> {
    lines
        .iter()
        .filter(|line| line.key.is_active)
        .filter_map(|line| line.rotated_to)
        .collect()
}

impl KeyRows {
    /// Rows of a page about an owner or an API, without a selection.
    pub fn on(
        room: &OrganizationPage,
        person: KeyPerson,
        may_rotate: bool,
        lines: &[KeyLine],
    ) -> Self {
        Self {
            organization: room.organization(),
            now: room.ctx.now(),
            has_picks: false,
            may_rotate,
            person,
            replacements: replacements(lines),
        }
    }

    /// The row of a key. A key that was just created is `fresh`.
    pub fn row(&self, line: &KeyLine, fresh: bool) -> AnyView {
        let (key, now, organization) = (&line.key, self.now, &self.organization);
        let class = match (key.is_active, fresh) {
            (false, _) => Some("inactive"),
            (true, true) => Some("fresh"),
            (true, false) => None,
        };
        let live = key.revoked_at.is_none();
        let status = line.status(now);
        let person = match self.person {
            KeyPerson::Nobody => None,
            KeyPerson::Creator => Some(creator(key)),
            KeyPerson::Owner => Some(owner(key)),
        };
        let pick = self
            .has_picks
            .then(|| view! { <td class="pick">{live.then(|| pick(key))}</td> });
        view! {
            <tr id=format!("key-{}", key.key_id) class=class>
                {pick}
                {self.name(line, status)}
                <td class="masked" data-label=words::labels::KEY_PREVIEW>{preview(&key.preview)}</td>
                <td class="perm" data-label=words::create_key::PERMISSIONS>{permissions(key)}</td>
                <td class="created" data-label=words::labels::CREATED_AT>{when(now, key.created_at)}</td>
                {person}
                <td class="used" data-label=words::labels::LAST_USED>{last_used(key, now, status)}</td>
                {expires(key, now, status)}
                <td class="row-actions"><div>{live.then(|| revoke_link(organization, key))}{self.menu(line)}</div></td>
            </tr>
        }
        .into_any()
    }

    /// The name, with a badge for what is remarkable about the key as a whole. The badges are a part
    /// of the name of the row, the link to rename the key is not.
    fn name(&self, line: &KeyLine, status: KeyStatus) -> AnyView {
        let (key, label) = (&line.key, &line.key.label);
        let page = Screen::Key(self.organization.clone(), key.key_id).path();
        let is_test = key.environment == Environment::Test;
        let is_exposed = status == KeyStatus::Exposed;
        let pair = match status {
            KeyStatus::Rotated(_) => Some(words::rotate_key::ROTATING),
            _ if self.is_replacement(line) => Some(words::rotate_key::NEW_KEY),
            _ => None,
        };
        let marks = [
            is_test.then(|| Environment::Test.label()),
            is_exposed.then(|| words::keys::short_status(status)),
            pair,
        ];
        let whole = words::keys::row_name(label, &marks);
        let [test, exposed, pair] = marks;
        let plain = |text: &'static str| view! { <span class="badge plain">{text}</span> };
        let badges = view! { {test.map(plain)}{exposed.map(|_| badge(self.now, status, None))}{pair.map(plain)} };
        view! {
            <th scope="row" class="name" aria-label=whole><div>
                <a href=page data-panel=key.key_id.to_string() title=label.clone()><bdi>{label.clone()}</bdi></a>
                {badges}
                {rename_link(&self.organization, key)}
            </div></th>
        }
        .into_any()
    }

    /// Whether the table also has the key that this one replaces, which still works.
    fn is_replacement(&self, line: &KeyLine) -> bool {
        line.key.is_active && self.replacements.contains(&line.key.key_id)
    }

    /// The menu with all actions for a key.
    fn menu(&self, line: &KeyLine) -> AnyView {
        let key = &line.key;
        let (id, org) = (key.key_id, self.organization.clone());
        let link = |screen: Screen, glyph: &'static str, text: &'static str| {
            view! { <li><a href=screen.path() data-dialog="">{icon(glyph)}{text}</a></li> }
        };
        let rotate = (self.may_rotate && key.is_active && line.rotated_to.is_none()).then(|| {
            link(
                Screen::RotateKey(org.clone(), id),
                "rotate",
                words::rotate_key::LINK,
            )
        });
        let revoke = key.revoked_at.is_none().then(|| {
            let path = Screen::RevokeKey(org.clone(), id).path();
            view! { <li class="apart"><a class="danger" href=path data-dialog="">{icon("danger")}{words::revoke_key::LINK}</a></li> }
        });
        view! {
            <details class="menu" name="menu">
                <summary class="icon-button">
                    {icon("more")}
                    <span class="visually-hidden">{words::keys::actions_for(&key.label)}</span>
                </summary>
                <ul class="menu-list">
                    <li class="needs-script"><button type="button" data-copy-text=id.to_string()>{icon("copy")}<span>{words::keys::COPY_KEY_ID}</span></button></li>
                    <li><a href=Screen::Key(org.clone(), id).path()>{icon("info")}{words::keys::DETAILS}</a></li>
                    {link(Screen::RenameKey(org.clone(), id), "rename", words::rename_key::LINK)}
                    {rotate}
                    {revoke}
                </ul>
            </details>
        }
        .into_any()
    }
}

/// The link that renames the key, beside its name. It is shown on a row that is pointed at or has
/// the focus, and takes no space.
fn rename_link(organization: &OrganizationId, key: &KeyView) -> AnyView {
    let path = Screen::RenameKey(organization.clone(), key.key_id).path();
    view! { <span class="rename-place"><a class="rename" href=path data-dialog="" aria-label=words::rename_key::of(&key.label)>{icon("rename")}</a></span> }
        .into_any()
}

/// A badge for what is remarkable about a key. Each is in the column of its fact. `text` is its
/// text, by default the name of the status.
fn badge(now: Moment, status: KeyStatus, text: Option<String>) -> AnyView {
    let (class, sentence) = words::keys::status(now, status);
    let text = text.unwrap_or_else(|| words::keys::short_status(status).to_owned());
    let title = (text != sentence).then_some(sentence);
    view! { <span class=class title=title>{text}</span> }.into_any()
}

fn last_used(key: &KeyView, now: Moment, status: KeyStatus) -> AnyView {
    match (status, key.last_used) {
        (KeyStatus::Unused, Some(then)) => {
            let badge = badge(now, status, Some(words::format::ago(now, then)));
            view! { <span data-last-used=key.key_id.to_string()>{badge}</span> }.into_any()
        }
        _ => moving(key.key_id, now, key.last_used).into_any(),
    }
}

/// When the key expires, or that it is no longer active. The label is for cards.
fn expires(key: &KeyView, now: Moment, status: KeyStatus) -> AnyView {
    let content = match (status, key.expires_at) {
        (KeyStatus::Revoked | KeyStatus::Expired, _) => {
            return view! { <td class="expires">{badge(now, status, None)}</td> }.into_any();
        }
        (KeyStatus::Rotated(at) | KeyStatus::ExpiresSoon(at), _) => {
            badge(now, status, Some(words::format::ahead(now, at)))
        }
        (_, Some(at)) => when_due(now, at).into_any(),
        (_, None) => view! { <span class="muted">{words::keys::NEVER_EXPIRES}</span> }.into_any(),
    };
    view! { <td class="expires" data-label=words::labels::EXPIRES>{content}</td> }.into_any()
}

fn pick(key: &KeyView) -> AnyView {
    view! { <input type="checkbox" name="key" value=key.key_id.to_string() form="bulk" aria-label=words::keys::select_key(&key.label)/> }
        .into_any()
}

/// Who created it, and its owner if that is another actor.
fn creator(key: &KeyView) -> AnyView {
    let by = key.created_by.clone().unwrap_or_default();
    let avatar = key.creator_id.map(|id| small_avatar(id.0, &by));
    let owner = (by != key.actor_name).then(|| key.actor_name.clone());
    let title = words::keys::created_by_for(&by, owner.as_deref());
    let owner = owner.map(
        |name| view! { <span class="muted for">" "{words::labels::FOR}<bdi>{name}</bdi></span> },
    );
    view! {
        <td class="by" data-label=words::labels::CREATED_BY title=title>
            {avatar}<bdi>{by}</bdi>{owner}
        </td>
    }
    .into_any()
}

fn owner(key: &KeyView) -> AnyView {
    let (name, title) = (key.actor_name.clone(), key.actor_name.clone());
    let avatar = small_avatar(key.actor_id.0, &name);
    view! { <td class="by" data-label=words::labels::OWNER title=title>{avatar}<bdi>{name}</bdi></td> }
        .into_any()
}

/// The number of scopes. A menu lists them.
fn permissions(key: &KeyView) -> AnyView {
    let short = words::keys::permissions_of(key);
    let title = words::keys::permission_count(key);
    let lines = match (&key.api, key.scopes) {
        (Some(api), _) => api
            .scopes
            .iter()
            .map(|word| view! { <li><code>{word.to_string()}</code></li> }.into_any())
            .collect(),
        (None, Permissions::Everything) => Vec::new(),
        (None, Permissions::Only(scopes)) => Group::ALL
            .into_iter()
            .filter_map(|group| {
                let access = words::keys::access(scopes, group)?;
                Some(
                    view! { <li>{group.label()}<span class="muted">{access}</span></li> }
                        .into_any(),
                )
            })
            .collect(),
    };
    if lines.is_empty() {
        return view! { <span title=title>{short}</span> }.into_any();
    }
    view! {
        <details class="menu scopes" name="menu">
            <summary title=title>{short}</summary>
            <ul class="menu-list">{lines}</ul>
        </details>
    }
    .into_any()
}

/// The link **Revoke**.
fn revoke_link(organization: &OrganizationId, key: &KeyView) -> AnyView {
    let path = Screen::RevokeKey(organization.clone(), key.key_id).path();
    let name = key.label.clone();
    view! {
        <a class="link-button danger" href=path data-dialog="">
            {words::revoke_key::LABEL}
            <span class="visually-hidden">" "<bdi>{name}</bdi></span>
        </a>
    }
    .into_any()
}
