//! Changing a key: its name, or fewer scopes.

use domain::command::ChangeKey;
use domain::{Fault, FieldFault, ScopeSet};
use leptos::prelude::*;

use super::super::{Done, Flash, Refusal, open, told};
use super::{Picks, key_id as id_of, picked};
use crate::routes::Screen;

/// Gives a key another name.
///
/// # Errors
/// A problem that names the field at fault.
#[server(prefix = "/ui", endpoint = "rename_key")]
pub async fn rename_key(organization: String, key_id: String, name: String) -> Result<Done, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let key = id_of(&visit, &key_id)?;
    let command = ChangeKey::read(key, Some(&name), None).map_err(|faults| visit.invalid(faults))?;
    visit.engine.change_key(&ctx, command).await.map_err(told(&visit))?;
    visit.leave(Flash::Renamed).await;
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
    #[server(default)] access: Picks,
) -> Result<Done, Refusal> {
    let (visit, ctx) = open(&organization).await?;
    let key = id_of(&visit, &key_id)?;
    let scopes = ScopeSet::of(picked(&access));
    if scopes.is_empty() {
        return Err(visit.invalid(vec![FieldFault::new("scopes", Fault::Missing)]).into());
    }
    let command = ChangeKey { key, name: None, scopes: Some(scopes) };
    visit.engine.change_key(&ctx, command).await.map_err(told(&visit))?;
    visit.leave(Flash::Narrowed).await;
    Ok(Done { to: Screen::Key(ctx.actor().organization.clone(), key).path() })
}
