//! The SQLite file: created with permissions for its owner only, served by one process, and checked
//! for replacement.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::StoreError;
use super::ballast::Ballast;

/// A database file that is open.
pub(super) struct DbFile {
    path: PathBuf,
    wal: PathBuf,
    identity: OnceLock<(Identity, Identity)>,
    pub(super) ballast: Ballast,
    /// Holds the lock. Closing it before SQLite closes the file would release SQLite's own locks of
    /// this process.
    _lock: Option<File>,
}

/// A database file that was put in its place. No server can serve it while this value exists.
pub struct PlacedFile {
    pub(super) path: PathBuf,
    pub(super) lock: File,
}

/// Device and inode: the identity of a file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl DbFile {
    /// Creates the file if it is missing and `create` is set, and resolves its path. With `alone`,
    /// locks the file itself, so that no other process serves it under any name.
    pub(super) fn prepare(path: &Path, create: bool, alone: bool) -> Result<Self, StoreError> {
        let cannot = |what: &str, error: io::Error| {
            StoreError::Url(format!("cannot {what} {}: {error}", path.display()))
        };
        if create {
            create_new(path).map_err(|error| cannot("create", error))?;
        }
        let path = fs::canonicalize(path).map_err(|error| cannot("open", error))?;
        if path.is_dir() {
            return Err(StoreError::Url(format!(
                "{} is a folder and not a database",
                path.display()
            )));
        }
        let lock = if alone { Some(lock(&path)?) } else { None };
        Ok(Self::of(path, lock))
    }

    /// A file that was put in its place, and is locked already.
    pub(super) fn placed(placed: PlacedFile) -> Result<Self, StoreError> {
        let path = fs::canonicalize(&placed.path)?;
        Ok(Self::of(path, Some(placed.lock)))
    }

    fn of(path: PathBuf, lock: Option<File>) -> Self {
        Self {
            wal: beside(&path, "-wal"),
            ballast: Ballast::beside(&path),
            path,
            identity: OnceLock::new(),
            _lock: lock,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The size of the write-ahead log, if there is one.
    pub(super) fn wal_bytes(&self) -> Option<u64> {
        fs::metadata(&self.wal)
            .ok()
            .map(|file| file.len())
    }

    /// Records the identity of the files, after the connections were opened.
    pub(super) fn opened(&self) -> Result<(), StoreError> {
        let found = self.found()?;
        self.identity.get_or_init(|| found);
        Ok(())
    }

    /// Checks that the open files are still the ones at their paths. What is written to a deleted
    /// or replaced file is lost at exit.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.identity.get() {
            Some(opened) if *opened != self.found()? => Err(self.lost("was replaced")),
            _ => Ok(()),
        }
    }

    fn found(&self) -> Result<(Identity, Identity), StoreError> {
        let identity = |path: &Path| {
            let found = fs::metadata(path).and_then(|file| identity(&file));
            found.map_err(|error| match error.kind() {
                ErrorKind::NotFound => self.lost("was moved or deleted"),
                _ => StoreError::Disk(error),
            })
        };
        Ok((identity(&self.path)?, identity(&self.wal)?))
    }

    fn lost(&self, how: &str) -> StoreError {
        let path = self.path.display();
        StoreError::File(format!(
            "the database file {path} or its write-ahead log {how} while it was in use"
        ))
    }
}

/// Creates an empty file that only its owner may read, and its folder. An existing file is not
/// changed.
fn create_new(path: &Path) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Takes an advisory lock that does not interfere with SQLite's own locks.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    let file = File::open(path)
        .map_err(|error| StoreError::Url(format!("cannot open {}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Url(format!(
            "another process serves the database {}; use Postgres for several",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(StoreError::Disk(error)),
    }
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(unix)]
fn identity(file: &fs::Metadata) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    Ok(Identity(file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> io::Result<Identity> {
    Ok(Identity(0, 0))
}
