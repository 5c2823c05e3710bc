//! What was done with a key, shown once on the next page.

use domain::OrganizationId;
use leptos::prelude::*;

use super::{done, done_until_closed};
use crate::flash::Flash;
use crate::routes::{Location, Screen};
use crate::words;

/// The notice of a message about keys. `None` for any other message.
pub fn key_notice(flash: &Flash, organization: &OrganizationId) -> Option<AnyView> {
    let (text, log) = match flash {
        Flash::Renamed => return Some(done(words::rename_key::DONE)),
        Flash::Described => return Some(done(words::describe_key::DONE)),
        Flash::ExpiresEarlier => return Some(done(words::expire_key_earlier::DONE)),
        Flash::Narrowed => return Some(done(words::narrow_key::DONE)),
        Flash::KeyAlreadyCreated => {
            return Some(done_until_closed(words::create_key::ALREADY_CREATED));
        }
        Flash::Revoked {
            key_id,
            name,
            fresh,
            stopped,
        } => {
            let text = if *fresh {
                words::revoke_key::REVOKED
            } else {
                words::revoke_key::WAS_ALREADY_REVOKED
            };
            let stopped = words::revoke_key::stopped((*fresh).into(), stopped);
            (
                view! { "“"<bdi>{name.clone()}</bdi>{text}{stopped} }.into_any(),
                Location::log_of(organization.clone(), *key_id),
            )
        }
        Flash::RevokedMany { count, stopped } => (
            format!(
                "{}{}",
                words::revoke_keys::revoked(*count),
                words::revoke_key::stopped(*count, stopped)
            )
            .into_any(),
            Location::top(Screen::AuditLog(organization.clone())),
        ),
        _ => return None,
    };
    Some(done(
        view! { {text}<a href=log.path()>{words::audit_log::VIEW}</a> },
    ))
}
