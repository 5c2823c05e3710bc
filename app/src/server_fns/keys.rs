//! Server functions for keys.

use std::collections::BTreeMap;

use domain::scope::{Access, Group};
use domain::{Code, KeyId, Problem, Scope};
use engine::Ctx;

use crate::flash::Flash;
use crate::form_result::FormResult;
use crate::request::PageContext;
use crate::routes::Screen;

pub mod attention_banner;
pub mod change;
pub mod create;
pub mod find;
pub mod revoke;
pub mod rotate;

/// Redirects to the key that an earlier submission of the same form created. Its secret is not
/// shown again.
async fn already_created(context: &PageContext, ctx: &Ctx, key: KeyId) -> FormResult {
    context.set_flash(Flash::KeyAlreadyCreated).await;
    FormResult::Redirect {
        to: Screen::Key(ctx.actor().organization.clone(), key).path(),
    }
}

/// The selected access for each group of scopes: `none`, `read` or `write`.
pub type SelectedScopes = BTreeMap<String, String>;

/// The selected scopes. Unknown groups, and accesses that a group does not have, are ignored.
pub fn selected_scopes(selected: &SelectedScopes) -> Vec<Scope> {
    let scope = |group: Group| match selected.get(group.as_str()).map(String::as_str) {
        Some("read") => group.scope(Access::Read),
        Some("write") => group.scope(Access::Write),
        _ => None,
    };
    Group::ALL.into_iter().filter_map(scope).collect()
}

/// Reads the ID of a key in a form.
fn key_id(context: &PageContext, text: &str) -> Result<KeyId, Problem> {
    text.parse()
        .map_err(|_| context.problem(Code::NotFound))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RU-07, RU-11, RU-12
    #[test]
    fn each_group_selects_one_scope() {
        let pairs = [
            ("workspaces", "read"),
            ("runs", "write"),
            ("audit", "write"),
            ("members", "none"),
            ("moon", "write"),
        ];
        let selected = pairs
            .map(|(group, access)| (group.to_owned(), access.to_owned()))
            .into();
        assert_eq!(
            selected_scopes(&selected),
            [Scope::WorkspacesRead, Scope::RunsWrite]
        );
    }
}
