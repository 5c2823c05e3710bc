//! The master key and the previous master key.

use std::path::{Path, PathBuf};

use engine::keyring::MasterKey;

use super::options::Options;
use super::{BadSetting, table};

/// The master key file if no setting names one.
const DEFAULT_FILE: &str = "data/master.key";

impl Options {
    /// The path of the master key file. It does not have to exist.
    pub fn master_key_path(&self) -> PathBuf {
        self.path(&table::MASTER_KEY_FILE)
            .unwrap_or_else(|| PathBuf::from(DEFAULT_FILE))
    }

    /// The master key.
    ///
    /// # Errors
    /// If no master key is given, if two are given, or if the master key is invalid.
    pub fn master_key(&self) -> Result<MasterKey, BadSetting> {
        let path = self.master_key_path();
        match self.text(&table::MASTER_KEY)? {
            Some(_) if self.has(&table::MASTER_KEY_FILE) => {
                Err(self.not_both(&table::MASTER_KEY, &table::MASTER_KEY_FILE))
            }
            Some(value) => MasterKey::read(value.as_bytes())
                .map_err(|e| BadSetting(format!("{}: {e}", self.name(&table::MASTER_KEY)))),
            None if !path.exists() => Err(BadSetting(format!(
                "there is no master key in {}: run `roundtable init --new-master-key` first, or set {}",
                path.display(),
                table::MASTER_KEY_FILE.full_name()
            ))),
            None => key_file(&path, self.yes(&table::ALLOW_OPEN_KEY_FILE)?),
        }
    }

    /// The previous master key, if one is given.
    ///
    /// # Errors
    /// If it is invalid.
    pub fn previous_master_key(&self) -> Result<Option<MasterKey>, BadSetting> {
        let open_allowed = self.yes(&table::ALLOW_OPEN_KEY_FILE)?;
        self.path(&table::PREVIOUS_MASTER_KEY_FILE)
            .map(|path| key_file(&path, open_allowed))
            .transpose()
    }
}

/// Reads a key file. Unless the operator allows otherwise, it must be a regular file that only its
/// owner can read. A credential of systemd is readable for the user of the unit only, but by an
/// access control list, which its mode shows as rights of the group.
pub(super) fn key_file(path: &Path, open_allowed: bool) -> Result<MasterKey, BadSetting> {
    let unreadable = |e| {
        BadSetting(format!(
            "cannot read the master key file {}: {e}",
            path.display()
        ))
    };
    let meta = std::fs::symlink_metadata(path).map_err(unreadable)?;
    if !open_allowed && !is_credential(path) && (meta.is_symlink() || others_may_read(&meta)) {
        let why = "must be a regular file that only its owner can read (chmod 600), or set";
        let allow = table::ALLOW_OPEN_KEY_FILE.full_name();
        return Err(BadSetting(format!(
            "the master key file {} {why} {allow}",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    MasterKey::read(&bytes)
        .map_err(|e| BadSetting(format!("the master key file {}: {e}", path.display())))
}

/// Whether systemd has passed the file to this process (`LoadCredential`).
fn is_credential(path: &Path) -> bool {
    std::env::var_os("CREDENTIALS_DIRECTORY").is_some_and(|folder| path.starts_with(folder))
}

#[cfg(unix)]
fn others_may_read(meta: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
const fn others_may_read(_: &std::fs::Metadata) -> bool {
    false
}
