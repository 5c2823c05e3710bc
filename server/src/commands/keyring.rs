//! `roundtable keyring`: shows which master key encrypts the key ring, and replaces the master key.

use engine::{Runtime, keyring};

use super::{CliError, database, print_line};
use crate::config::{BadSetting, Options, table};

pub(super) async fn status(options: &Options) -> Result<(), CliError> {
    let status = keyring::status(&database(options).await?).await?;
    if status.keys.is_empty() {
        return Err(keyring::RingFault::NotInitialised.into());
    }
    for (id, purpose, master) in status.keys {
        print_line(&format!(
            "{id:>4}  {purpose:<8}  encrypted with master key {master}"
        ));
    }
    Ok(())
}

pub(super) async fn rewrap(options: &Options) -> Result<(), CliError> {
    let missing = || {
        let current = table::MASTER_KEY_FILE.full_name();
        let previous = table::PREVIOUS_MASTER_KEY_FILE.full_name();
        BadSetting(format!(
            "set {current} to the new master key and {previous} to the old one"
        ))
    };
    let previous = options
        .previous_master_key()?
        .ok_or_else(missing)?;
    let key = options.master_key()?;
    let rewritten = keyring::rewrap(
        &database(options).await?,
        &key,
        &previous,
        &Runtime::system(),
    )
    .await?;
    print_line(&format!(
        "{rewritten} keys of the ring are now encrypted with the master key {}. You can remove the old master key.",
        key.id()
    ));
    Ok(())
}
