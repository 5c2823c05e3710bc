//! Revoking keys.

use domain::command::RevokeKey as Command;
use domain::key::RevokeReason;
use domain::{Fault, FieldFault, KeyId, Name};
use leptos::prelude::*;

use super::key_id as id_of;
use crate::flash::Flash;
use crate::form_error::{FormError, form_error};
use crate::form_result::FormResult;
use crate::request::open;
use crate::routes::Screen;
use crate::server_fns::unconfirmed;
use crate::words;

/// The maximum number of keys that one form revokes.
pub const MOST_KEYS: usize = 1_000;
/// From this number of keys on, the person must confirm, even if none was recently used.
const CONFIRMED_FROM: usize = 5;

/// Whether the person must confirm the revocation of several keys by typing their number.
pub fn needs_phrase(n: usize, recently_used: bool) -> bool {
    recently_used || n >= CONFIRMED_FROM
}

/// Revokes a key. A key that was recently used must be confirmed by typing its name.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "revoke_key")]
pub async fn revoke_key(
    organization: String,
    key_id: String,
    reason: String,
    #[server(default)] confirm_name: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let key = id_of(&context, &key_id)?;
    let view = context
        .engine
        .get_key(&ctx, key)
        .await
        .map_err(form_error(&context))?
        .key;
    let confirmed = Name::parse(&confirm_name).is_ok_and(|typed| typed.as_str() == view.label);
    let confirmed = confirmed || !view.will_be_missed(ctx.now());
    let reason = read(&reason, confirmed, &confirm_name, &view.label);
    let reason = reason.map_err(|faults| context.invalid(faults))?;
    let ended = context
        .engine
        .revoke_key(&ctx, Command { key, reason })
        .await
        .map_err(form_error(&context))?;
    context
        .set_flash(Flash::Revoked {
            key_id: key,
            name: ended.view.label,
            fresh: ended.fresh,
            stopped: ended.stopped,
        })
        .await;
    Ok(FormResult::Redirect {
        to: Screen::ApiKeys(ctx.actor().organization.clone()).path(),
    })
}

/// Revokes several keys, all or none. `keys` contains their IDs, separated by commas. If they are
/// many or one of them was recently used, the person must confirm by typing a phrase with their
/// number.
///
/// # Errors
/// A problem that names the invalid field.
#[server(prefix = "/ui", endpoint = "revoke_keys")]
pub async fn revoke_keys(
    organization: String,
    keys: String,
    reason: String,
    #[server(default)] confirm_name: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let mut ids = Vec::new();
    for text in keys
        .split(',')
        .filter(|text| !text.is_empty())
        .take(MOST_KEYS)
    {
        let id: KeyId = id_of(&context, text)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut recently_used = false;
    for id in &ids {
        let view = context
            .engine
            .get_key(&ctx, *id)
            .await
            .map_err(form_error(&context))?
            .key;
        recently_used |= view.will_be_missed(ctx.now());
    }
    let phrase = words::revoke_keys::phrase(ids.len());
    let confirmed = !needs_phrase(ids.len(), recently_used) || confirm_name.trim() == phrase;
    let reason = read(&reason, confirmed, &confirm_name, &phrase);
    let reason = reason.map_err(|faults| context.invalid(faults))?;
    let ended = context
        .engine
        .revoke_keys(&ctx, &ids, reason)
        .await
        .map_err(form_error(&context))?;
    context
        .set_flash(Flash::RevokedMany {
            count: ended.iter().filter(|one| one.fresh).count(),
            stopped: ended
                .first()
                .map(|one| one.stopped)
                .unwrap_or_default(),
        })
        .await;
    Ok(FormResult::Redirect {
        to: Screen::ApiKeys(ctx.actor().organization.clone()).path(),
    })
}

/// The reason, unless it or the confirmation is invalid.
fn read(
    reason: &str,
    confirmed: bool,
    typed: &str,
    wanted: &str,
) -> Result<RevokeReason, Vec<FieldFault>> {
    let known = RevokeReason::ALL
        .map(RevokeReason::as_str)
        .join(", ");
    let read = reason.parse::<RevokeReason>();
    let unknown = read
        .is_err()
        .then(|| FieldFault::new("reason", Fault::Unknown { known }));
    let unconfirmed = (!confirmed).then(|| unconfirmed(typed, wanted));
    let faults: Vec<_> = unknown.into_iter().chain(unconfirmed).collect();
    read.ok()
        .filter(|_| faults.is_empty())
        .ok_or(faults)
}
