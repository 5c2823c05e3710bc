//! Changing a key: its name, or fewer scopes.

use domain::command::ChangeKey;
use domain::{Fault, FieldFault, ScopeSet};
use leptos::prelude::*;

use super::super::{Done, Flash, FormError, form_error, open};
use super::{SelectedScopes, key_id as id_of, selected_scopes};
use crate::routes::Screen;

/// Gives a key another name.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "rename_key")]
pub async fn rename_key(organization: String, key_id: String, name: String) -> Result<Done, FormError> {
    let (context, ctx) = open(&organization).await?;
    let key = id_of(&context, &key_id)?;
    let command = ChangeKey::read(key, Some(&name), None).map_err(|faults| context.invalid(faults))?;
    context.engine.change_key(&ctx, command).await.map_err(form_error(&context))?;
    context.leave(Flash::Renamed).await;
    Ok(Done { to: Screen::Key(ctx.actor().organization.clone(), key).path() })
}

/// Takes scopes from a key: what is picked is what it keeps.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "narrow_key")]
pub async fn narrow_key(
    organization: String,
    key_id: String,
    #[server(default)] access: SelectedScopes,
) -> Result<Done, FormError> {
    let (context, ctx) = open(&organization).await?;
    let key = id_of(&context, &key_id)?;
    let scopes = ScopeSet::of(selected_scopes(&access));
    if scopes.is_empty() {
        return Err(context.invalid(vec![FieldFault::new("scopes", Fault::Missing)]).into());
    }
    let command = ChangeKey { key, name: None, scopes: Some(scopes) };
    context.engine.change_key(&ctx, command).await.map_err(form_error(&context))?;
    context.leave(Flash::Narrowed).await;
    Ok(Done { to: Screen::Key(ctx.actor().organization.clone(), key).path() })
}
