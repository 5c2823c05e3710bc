//! `roundtable init`: makes the tables, the ring and, when asked, the master key. Never over something that exists.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use engine::keyring::{self, MasterKey};
use engine::{Db, Runtime};

use super::{CliError, database, print_line};
use crate::config::{BadSetting, Options, table};

pub(super) async fn run(options: &Options, new_master_key: bool, if_needed: bool) -> Result<(), CliError> {
    let db = database(options).await?;
    engine::migrate(&db).await?;
    if if_needed && keyring::is_initialised(&db).await? {
        return Ok(());
    }
    if new_master_key && !options.has(&table::MASTER_KEY) && !options.master_key_path().exists() {
        make_key_file(&db, &options.master_key_path()).await?;
    }
    let key = options.master_key()?;
    keyring::init(&db, &key, &Runtime::system()).await?;
    print_line(&format!(
        "The installation is ready, under the master key {}. Keep that key apart from the database. \
         Next: roundtable serve",
        key.id()
    ));
    Ok(())
}

/// A new master key is only ever made for an empty database.
async fn make_key_file(db: &Db, path: &Path) -> Result<(), CliError> {
    if keyring::is_initialised(db).await? {
        return Err(BadSetting("the database has a key ring already; give its master key".into()).into());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| CliError::Other(format!("cannot make {}: {e}", folder.display())))?;
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
    print_line(&format!("Made a new master key in {}.", path.display()));
    Ok(())
}
