//! The doors of keys.

use std::collections::BTreeMap;

use domain::scope::{Access, Group};
use domain::{Code, KeyId, Moment, Problem, Scope};
use engine::Ctx;
use serde::{Deserialize, Serialize};

use super::{Done, Flash, Made, PageContext};
use crate::routes::Screen;

pub mod attention_banner;
pub mod change;
pub mod create;
pub mod find;
pub mod revoke;
pub mod rotate;

/// A key right after it was made. The browser shows it once and keeps it nowhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedKey {
    /// The key.
    pub key: String,
    /// What will be seen of it from now on.
    pub preview: String,
    /// Its public leading part.
    pub key_prefix: String,
    /// Its name.
    pub label: String,
    /// Its id.
    pub key_id: KeyId,
    /// The key in whose place it came.
    pub replaced: Option<Replaced>,
}

/// A key that has a successor.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Replaced {
    /// Its id.
    pub key_id: KeyId,
    /// When it ends; nothing if it has ended.
    pub ends_at: Option<Moment>,
    /// What was sealed to it and can no longer be read.
    pub lost: i64,
}

impl From<domain::view::NewKey> for CreatedKey {
    fn from(new: domain::view::NewKey) -> Self {
        let (key, view) = (new.plain.expose().to_owned(), new.view);
        let (preview, key_prefix, label, key_id) = (view.preview, view.key_prefix, view.label, view.key_id);
        Self { key, preview, key_prefix, label, key_id, replaced: None }
    }
}

/// Leads to the key that the same form made before: it is not made twice, and not shown twice.
async fn made_before(context: &PageContext, ctx: &Ctx, key: KeyId) -> Made<CreatedKey> {
    context.leave(Flash::KeyMadeBefore).await;
    Made::Before(Done { to: Screen::Key(ctx.actor().organization.clone(), key).path() })
}

/// The picks of a table of groups: for each group `none`, `read` or `write`.
pub type SelectedScopes = BTreeMap<String, String>;

/// The scopes that were picked; what is no group, or has no such access, picks nothing.
pub fn selected_scopes(scope_picker: &SelectedScopes) -> Vec<Scope> {
    let scope = |group: Group| match scope_picker.get(group.as_str()).map(String::as_str) {
        Some("read") => group.scope(Access::Read),
        Some("write") => group.scope(Access::Write),
        _ => None,
    };
    Group::ALL.into_iter().filter_map(scope).collect()
}

/// Reads the id of a key in a form.
fn key_id(context: &PageContext, text: &str) -> Result<KeyId, Problem> {
    text.parse().map_err(|_| context.problem(Code::NotFound))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RU-07, RU-11, RU-12: single scopes by group; write stands for both.
    #[test]
    fn ru_11_groups_pick_scopes() {
        let pairs =
            [("workspaces", "read"), ("runs", "write"), ("audit", "write"), ("members", "none"), ("moon", "write")];
        let scope_picker = pairs.map(|(group, access)| (group.to_owned(), access.to_owned())).into();
        assert_eq!(selected_scopes(&scope_picker), [Scope::WorkspacesRead, Scope::RunsWrite]);
    }
}
