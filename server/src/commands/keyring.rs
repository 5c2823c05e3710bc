//! `roundtable keyring …`: which master key the ring is under, and moving it to a new one.

use engine::{Outside, keyring};

use super::{Stop, database, tell};
use crate::config::{BadSetting, Options, table};

pub(super) async fn status(options: &Options) -> Result<(), Stop> {
    let status = keyring::status(&database(options).await?).await?;
    if status.keys.is_empty() {
        return Err(keyring::RingFault::NotInitialised.into());
    }
    for (id, purpose, master) in status.keys {
        tell(&format!("{id:>4}  {purpose:<8}  under master key {master}"));
    }
    Ok(())
}

pub(super) async fn rewrap(options: &Options) -> Result<(), Stop> {
    let missing = || {
        let (new, old) = (table::MASTER_KEY_FILE.full_name(), table::PREVIOUS_MASTER_KEY_FILE.full_name());
        BadSetting(format!("give the present key as {new} and the old one as {old}"))
    };
    let previous = options.previous_master_key()?.ok_or_else(missing)?;
    let key = options.master_key()?;
    let rewritten = keyring::rewrap(&database(options).await?, &key, &previous, &Outside::system()).await?;
    tell(&format!("{rewritten} ring keys are now under the master key {}; the old one can go.", key.id()));
    Ok(())
}
