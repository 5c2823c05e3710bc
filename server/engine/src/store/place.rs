//! Putting the file of a backup in the place of an SQLite database, while no server can start.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::StoreError;
use super::database_url::DatabaseUrl;
use super::file::{PlacedFile, beside, lock};

/// The endings of the files of a database.
const FILES: [&str; 3] = ["", "-wal", "-shm"];

/// The place of an SQLite database. The database that is there now, if any, is locked, so that no
/// server serves it.
pub struct Place {
    path: PathBuf,
    is_taken: bool,
    /// Held until the new file is in its place.
    _lock: Option<File>,
}

impl Place {
    /// Finds and locks the place that a database URL names.
    ///
    /// # Errors
    /// `Url` when it names no file, or when a server serves it.
    pub fn lock(url: &str) -> Result<Self, StoreError> {
        let DatabaseUrl::Sqlite { path, .. } = DatabaseUrl::parse(url)? else {
            return Err(StoreError::Url(
                "the database URL names a Postgres server and not a file".into(),
            ));
        };
        // A server resolves symbolic links too.
        let path = match fs::canonicalize(&path) {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound => path,
            Err(error) => return Err(cannot("open", &path, &error)),
        };
        if path.is_dir() {
            return Err(StoreError::Url(format!(
                "{} is a folder and not a database",
                path.display()
            )));
        }
        let held = if path.exists() {
            Some(lock(&path)?)
        } else {
            None
        };
        let is_taken = FILES
            .iter()
            .any(|ending| beside(&path, ending).exists());
        Ok(Self {
            path,
            is_taken,
            _lock: held,
        })
    }

    /// The path of the database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a database is there already, or a part of one.
    pub const fn is_taken(&self) -> bool {
        self.is_taken
    }

    /// Copies a file to the place. A database that is there gets `ending` added to the names of its
    /// files; the new name is returned too.
    ///
    /// # Errors
    /// When a file cannot be written or renamed.
    pub fn put(
        self,
        from: &Path,
        ending: &str,
    ) -> Result<(PlacedFile, Option<PathBuf>), StoreError> {
        let path = &self.path;
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))?;
        }
        let new = beside(path, ".restoring");
        let lock = copy_locked(from, &new).map_err(|error| cannot("write", &new, &error))?;
        let aside = self.move_aside(ending)?;
        // Renaming would replace a database that a server has created meanwhile.
        let placed = fs::hard_link(&new, path).and_then(|()| fs::remove_file(&new));
        placed.map_err(|error| cannot("create", path, &error))?;
        sync_folder(path).map_err(|error| cannot("write", path, &error))?;
        let placed = PlacedFile {
            path: self.path.clone(),
            lock,
        };
        Ok((placed, aside))
    }

    /// Renames the files of the database that is there. The write-ahead log must not stay: it would
    /// be applied to the new file.
    fn move_aside(&self, ending: &str) -> Result<Option<PathBuf>, StoreError> {
        if !self.is_taken {
            return Ok(None);
        }
        let aside = beside(&self.path, ending);
        if aside.exists() {
            return Err(cannot(
                "create",
                &aside,
                &ErrorKind::AlreadyExists.into(),
            ));
        }
        for file in FILES {
            let from = beside(&self.path, file);
            match fs::rename(&from, beside(&aside, file)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(cannot("rename", &from, &error));
                }
                _ => {}
            }
        }
        Ok(Some(aside))
    }
}

/// Copies a file durably, for its owner only, and locks the copy as a server does.
fn copy_locked(from: &Path, to: &Path) -> io::Result<File> {
    // What an interrupted attempt has left.
    match fs::remove_file(to) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(to)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(ErrorKind::WouldBlock.into()),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    io::copy(&mut File::open(from)?, &mut file)?;
    file.sync_all()?;
    Ok(file)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::Url(format!("cannot {what} {}: {error}", path.display()))
}
