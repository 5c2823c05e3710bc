//! `roundtable keyring …`: which master key the ring is under, and moving it to a new one.

use engine::{Runtime, keyring};

use super::{CliError, database, print_line};
use crate::config::{BadSetting, Options, table};

pub(super) async fn status(options: &Options) -> Result<(), CliError> {
    let status = keyring::status(&database(options).await?).await?;
    if status.keys.is_empty() {
        return Err(keyring::RingFault::NotInitialised.into());
    }
    for (id, purpose, master) in status.keys {
        print_line(&format!("{id:>4}  {purpose:<8}  under master key {master}"));
    }
    Ok(())
}

pub(super) async fn rewrap(options: &Options) -> Result<(), CliError> {
    let missing = || {
        let (new, old) = (table::MASTER_KEY_FILE.full_name(), table::PREVIOUS_MASTER_KEY_FILE.full_name());
        BadSetting(format!("give the present key as {new} and the old one as {old}"))
    };
    let previous = options.previous_master_key()?.ok_or_else(missing)?;
    let key = options.master_key()?;
    let rewritten = keyring::rewrap(&database(options).await?, &key, &previous, &Runtime::system()).await?;
    print_line(&format!("{rewritten} ring keys are now under the master key {}; the old one can go.", key.id()));
    Ok(())
}
