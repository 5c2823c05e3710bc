//! Changing a key: its name, its description, its scopes and its expiration.

use domain::command::{ChangeKey, Expiry, KeyChanges};
use domain::{Fault, FieldFault, ScopeSet};
use engine::Ctx;
use leptos::prelude::*;

use super::{SelectedScopes, key_id as id_of, selected_scopes};
use crate::flash::Flash;
use crate::form_error::{FormError, form_error};
use crate::form_result::FormResult;
use crate::request::{PageContext, open};
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
    let changes = KeyChanges {
        name: Some(&name),
        ..KeyChanges::default()
    };
    read_and_change(&organization, &key_id, &changes, Flash::Renamed).await
}

/// Describes a key. A blank text removes the description.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "describe_key")]
pub async fn describe_key(
    organization: String,
    key_id: String,
    description: String,
) -> Result<FormResult, FormError> {
    let changes = KeyChanges {
        description: Some(&description),
        ..KeyChanges::default()
    };
    read_and_change(&organization, &key_id, &changes, Flash::Described).await
}

/// Lets a key expire earlier, at the end of a day.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "expire_key_earlier")]
pub async fn expire_key_earlier(
    organization: String,
    key_id: String,
    expires_on: String,
) -> Result<FormResult, FormError> {
    let changes = KeyChanges {
        expires_at: Some(Expiry::OnDate(&expires_on)),
        ..KeyChanges::default()
    };
    read_and_change(
        &organization,
        &key_id,
        &changes,
        Flash::ExpiresEarlier,
    )
    .await
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
        scopes: Some(scopes),
        ..ChangeKey::of(key)
    };
    change(&context, &ctx, command, Flash::Narrowed).await
}

/// Reads the fields of a form, and changes the key.
async fn read_and_change(
    organization: &str,
    key_id: &str,
    changes: &KeyChanges<'_>,
    message: Flash,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(organization).await?;
    let key = id_of(&context, key_id)?;
    let command =
        ChangeKey::read(key, changes, ctx.now()).map_err(|faults| context.invalid(faults))?;
    change(&context, &ctx, command, message).await
}

/// Changes the key. Its page then shows the message.
async fn change(
    context: &PageContext,
    ctx: &Ctx,
    command: ChangeKey,
    message: Flash,
) -> Result<FormResult, FormError> {
    let key = command.key;
    context
        .engine
        .change_key(ctx, command)
        .await
        .map_err(form_error(context))?;
    context.set_flash(message).await;
    Ok(FormResult::Redirect {
        to: Screen::Key(ctx.actor().organization.clone(), key).path(),
    })
}
