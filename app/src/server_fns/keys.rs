//! Server functions for keys.

use std::collections::BTreeMap;

use domain::command::Expiry;
use domain::environment::Environment;
use domain::scope::{Access, Group, Permissions, ScopeSet, Template};
use domain::view::NewKey;
use domain::{Code, Fault, FieldFault, KeyId, Moment, Problem, Scope};
use engine::Ctx;

use crate::flash::Flash;
use crate::form_error::{FormError, form_error};
use crate::form_result::FormResult;
use crate::request::PageContext;
use crate::routes::Screen;

pub mod attention_banner;
pub mod change;
pub mod create;
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

/// What the form for a new key results in: the new key, or the one that an earlier submission of the
/// same form created.
pub(super) async fn created(
    context: &PageContext,
    ctx: &Ctx,
    made: engine::Result<NewKey>,
) -> Result<FormResult, FormError> {
    let new = match made {
        Err(engine::Error::AlreadyDone(key)) => {
            return Ok(already_created(context, ctx, key).await);
        }
        made => made.map_err(form_error(context))?,
    };
    context
        .set_flash(Flash::Created {
            key_id: new.view.key_id,
        })
        .await;
    Ok(FormResult::KeyCreated(new.into()))
}

/// The fault of a date that is far ahead, unless the person has confirmed it.
pub(super) fn unconfirmed(expiry: Expiry<'_>, confirmed: &str, now: Moment) -> Option<FieldFault> {
    let asks = confirmed.is_empty() && expiry.is_far_ahead(now);
    asks.then(|| FieldFault::new("expires_at", Fault::FarAhead))
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

/// The access that a template gives to each group: its strongest. A write scope includes the read
/// scope.
pub fn access_of(template: Template) -> SelectedScopes {
    let scopes = match template.permissions(Environment::Production) {
        Permissions::Only(scopes) => scopes,
        Permissions::Everything => ScopeSet::EMPTY,
    };
    let access = |group: Group| {
        let access = [(Access::Write, "write"), (Access::Read, "read")]
            .into_iter()
            .find(|(access, _)| {
                group
                    .scope(*access)
                    .is_some_and(|scope| scopes.allows(scope))
            });
        access.map(|(_, word)| (group.as_str().to_owned(), word.to_owned()))
    };
    Group::ALL
        .into_iter()
        .filter_map(access)
        .collect()
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
