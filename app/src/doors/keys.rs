//! The doors of keys.

use domain::command;
use domain::key::RevokeReason;
use domain::{Code, Fault, FieldFault, KeyId, Name};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Done, Flash, Refusal, open};
use crate::routes::Screen;
use crate::words;

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
}

/// Makes a key for the person.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "create_key")]
pub async fn create_key(organization: String, name: String) -> Result<CreatedKey, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let command = command::CreateKey::read(&name).map_err(|faults| visit.invalid(faults))?;
    let new = visit.engine.create_key(&ctx, command).await.map_err(|error| visit.tell(&error))?;
    visit.leave(Flash::Created { key_id: new.view.key_id }).await;
    let key = new.plain.expose().to_owned();
    let (preview, key_prefix, label, key_id) = (new.view.preview, new.view.key_prefix, new.view.label, new.view.key_id);
    Ok(CreatedKey { key, preview, key_prefix, label, key_id })
}

/// Ends a key. One that was used lately ends only if its name was typed too.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "revoke_key")]
pub async fn revoke_key(
    organization: String,
    key_id: String,
    reason: String,
    #[server(default)] confirm_name: String,
) -> Result<Done, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let key: KeyId = key_id.parse().map_err(|_| visit.problem(Code::NotFound))?;
    let view = visit.engine.get_key(&ctx, key).await.map_err(|error| visit.tell(&error))?.key;
    let mut faults = Vec::new();
    let reason: Option<RevokeReason> = reason.parse().ok();
    if reason.is_none() {
        faults.push(FieldFault::new(
            "reason",
            Fault::Unknown { known: RevokeReason::ALL.map(RevokeReason::as_str).join(", ") },
        ));
    }
    let confirmed = Name::parse(&confirm_name).is_ok_and(|typed| typed.as_str() == view.label);
    if view.is_active && view.used_lately(ctx.now()) && !confirmed {
        let fault = if confirm_name.is_empty() { Fault::Missing } else { Fault::Unknown { known: view.label.clone() } };
        faults.push(FieldFault { message: words::CONFIRM_DIFFERS.into(), ..FieldFault::new("confirm_name", fault) });
    }
    let Some(reason) = reason.filter(|_| faults.is_empty()) else { return Err(visit.invalid(faults).into()) };
    let ended =
        visit.engine.revoke_key(&ctx, command::RevokeKey { key, reason }).await.map_err(|error| visit.tell(&error))?;
    visit.leave(Flash::Revoked { name: ended.view.label, fresh: ended.fresh }).await;
    Ok(Done { to: Screen::ApiKeys(ctx.actor().organization.clone()).path() })
}
