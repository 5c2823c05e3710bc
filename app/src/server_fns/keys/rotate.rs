//! Rotating a key.

use domain::command::{Expiry, RotateKey as Command};
use leptos::prelude::*;

use super::{already_created, key_id as id_of};
use crate::flash::Flash;
use crate::form_error::{FormError, form_error};
use crate::form_result::{CreatedKey, FormResult, ReplacedKey};
use crate::request::open;
use crate::server_fns::form_token as token_of;

/// Creates the successor of a key. Without a name, it gets the name of the key.
///
/// # Errors
/// A problem that names the invalid field; `MessagesWouldBeLost` until the person accepts the loss.
#[server(prefix = "/ui", endpoint = "rotate_key")]
pub async fn rotate_key(
    organization: String,
    key_id: String,
    #[server(default)] overlap_seconds: String,
    #[server(default)] label: String,
    #[server(default)] confirm_message_loss: String,
    #[server(default)] form_token: String,
) -> Result<FormResult, FormError> {
    let (context, ctx) = open(&organization).await?;
    let key = id_of(&context, &key_id)?;
    let name = Some(label.trim()).filter(|name| !name.is_empty());
    // A text that is not a number is out of range, like -1.
    let seconds = if overlap_seconds.is_empty() {
        0
    } else {
        overlap_seconds.parse().unwrap_or(-1)
    };
    let command = Command::read(key, Some(seconds), name, Expiry::Never, ctx.now());
    let command = command.map_err(|faults| context.invalid(faults))?;
    let command = Command {
        confirm_message_loss: confirm_message_loss == "true",
        ..command
    };
    let once = token_of(&form_token).map(|token| token.idempotency_key("rotate_key"));
    let rotated = match context
        .engine
        .rotate_key(&ctx, command, once.as_ref())
        .await
    {
        Err(engine::Error::AlreadyDone(key)) => {
            return Ok(already_created(&context, &ctx, key).await);
        }
        rotated => rotated.map_err(form_error(&context))?,
    };
    context
        .set_flash(Flash::Created {
            key_id: rotated.new.view.key_id,
        })
        .await;
    let ends_at = Some(rotated.old_ends_at).filter(|end| *end > ctx.now());
    let replaced = Some(ReplacedKey {
        key_id: key,
        ends_at,
        lost: rotated.orphaned,
    });
    Ok(FormResult::KeyCreated(CreatedKey {
        replaced,
        ..rotated.new.into()
    }))
}
