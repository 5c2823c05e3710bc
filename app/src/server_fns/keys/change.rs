//! Changing a key: renaming it, or removing scopes.

use domain::command::ChangeKey;
use domain::{Fault, FieldFault, ScopeSet};
use leptos::prelude::*;

use super::{SelectedScopes, key_id as id_of, selected_scopes};
use crate::flash::Flash;
use crate::form_error::{FormError, form_error};
use crate::form_result::FormResult;
use crate::request::open;
use crate::routes::Screen;

/// Renames a key.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "rename_key")]
pub async fn rename_key(
    organization: String,
    key_id: String,
    name: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let key = id_of(&context, &key_id)?;
    let command =
        ChangeKey::read(key, Some(&name), None).map_err(|faults| context.invalid(faults))?;
    context
        .engine
        .change_key(&ctx, command)
        .await
        .map_err(form_error(&context))?;
    context.set_flash(Flash::Renamed).await;
    Ok(FormResult::Redirect {
        to: Screen::Key(ctx.actor().organization.clone(), key).path(),
    })
}

/// Removes scopes from a key. The selected scopes are those that it keeps.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "narrow_key")]
pub async fn narrow_key(
    organization: String,
    key_id: String,
    #[server(default)] access: SelectedScopes,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let key = id_of(&context, &key_id)?;
    let scopes = ScopeSet::of(selected_scopes(&access));
    if scopes.is_empty() {
        return Err(context
            .invalid(vec![FieldFault::new("scopes", Fault::Missing)])
            .into());
    }
    let command = ChangeKey {
        key,
        name: None,
        scopes: Some(scopes),
        allowed_ips: None,
    };
    context
        .engine
        .change_key(&ctx, command)
        .await
        .map_err(form_error(&context))?;
    context.set_flash(Flash::Narrowed).await;
    Ok(FormResult::Redirect {
        to: Screen::Key(ctx.actor().organization.clone(), key).path(),
    })
}
