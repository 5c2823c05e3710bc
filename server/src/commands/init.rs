//! `roundtable init`: creates the tables, the key ring and, on request, the master key. It never
//! overwrites anything.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use engine::keyring::{self, MasterKey};
use engine::{Db, Runtime};

use super::{CliError, database, print_line};
use crate::config::{BadSetting, Options, table};

pub(super) async fn run(
    options: &Options,
    new_master_key: bool,
    if_needed: bool,
) -> Result<(), CliError> {
    let db = database(options).await?;
    engine::migrate(&db).await?;
    if if_needed && keyring::is_initialised(&db).await? {
        return Ok(());
    }
    if new_master_key && !options.has(&table::MASTER_KEY) && !options.master_key_path().exists() {
        create_key_file(&db, &options.master_key_path()).await?;
    }
    let key = options.master_key()?;
    keyring::init(&db, &key, &Runtime::system()).await?;
    print_line(&format!(
        "The database is ready. Its key ring is encrypted with the master key {}. Store that key apart from the database.",
        key.id()
    ));
    print_line("Next: roundtable serve");
    Ok(())
}

/// Creates a master key, but only for an empty database: nothing else could decrypt an existing key
/// ring.
async fn create_key_file(db: &Db, path: &Path) -> Result<(), CliError> {
    if keyring::is_initialised(db).await? {
        let setting = table::MASTER_KEY_FILE.full_name();
        return Err(BadSetting(format!(
            "the database already has a key ring: set {setting} to its master key"
        ))
        .into());
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .map_err(|e| CliError::Other(format!("cannot create {}: {e}", folder.display())))?;
    }

    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);

    let text = MasterKey::generate_hex(&Runtime::system());
    let written = open.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| CliError::Other(format!("cannot write {}: {e}", path.display())))?;
    print_line(&format!(
        "Created a master key in {}.",
        path.display()
    ));
    Ok(())
}
