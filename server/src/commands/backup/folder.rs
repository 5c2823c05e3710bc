//! The folder of a backup. It gets its name when it is complete.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use engine::Runtime;
use engine::backup::{MANIFEST, Manifest};

use crate::commands::CliError;

/// A folder that is being filled. It is deleted unless it is published.
pub(super) struct BackupDraft {
    path: PathBuf,
    is_published: bool,
}

impl BackupDraft {
    /// A folder next to the one to create, because a folder can be renamed only within a file
    /// system.
    pub(super) fn next_to(target: &Path) -> Result<Self, String> {
        if target.file_name().is_none() {
            return Err(format!(
                "{} cannot be the name of a new folder",
                target.display()
            ));
        }
        refuse_existing(target)?;
        Self::create(target.with_added_extension(unique("partial-")))
    }

    /// A folder for temporary files.
    pub(super) fn temporary() -> Result<Self, String> {
        Self::create(std::env::temp_dir().join(unique("roundtable-backup-")))
    }

    fn create(path: PathBuf) -> Result<Self, String> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .map_err(|error| cannot("create", &path, &error))?;
        Ok(Self {
            path,
            is_published: false,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the manifest, after all other files.
    pub(super) fn write_manifest(&self, manifest: &Manifest) -> Result<(), String> {
        let path = self.path.join(MANIFEST);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let text = serde_json::to_string_pretty(manifest).map_err(|error| error.to_string())?;
        let written = options.open(&path).and_then(|mut file| {
            writeln!(file, "{text}")?;
            file.sync_all()
        });
        written.map_err(|error| cannot("write", &path, &error))
    }

    /// Gives the folder its name. A folder with files that has this name already is kept: the
    /// system does not rename over it.
    pub(super) fn publish(mut self, target: &Path) -> Result<(), String> {
        let failed = |error: io::Error| cannot("create", target, &error);
        sync(&self.path).map_err(failed)?;
        refuse_existing(target)?;
        fs::rename(&self.path, target).map_err(failed)?;
        self.is_published = true;
        let parent = target
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        sync(parent.unwrap_or(Path::new("."))).map_err(failed)
    }
}

impl Drop for BackupDraft {
    fn drop(&mut self) {
        if !self.is_published {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Reads the manifest of a backup.
///
/// # Errors
/// If it is missing, which means that the backup is not complete, or if it cannot be parsed.
pub(in crate::commands) fn read_manifest(folder: &Path) -> Result<Manifest, CliError> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => CliError::Other(format!(
            "{} is not a complete backup: it has no {MANIFEST}",
            folder.display()
        )),
        _ => CliError::Other(cannot("read", &path, &error)),
    })?;
    Manifest::parse(&text)
        .map_err(|why| CliError::Other(format!("{} cannot be used: {why}", path.display())))
}

fn refuse_existing(target: &Path) -> Result<(), String> {
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot("create", target, &error)),
        Ok(_) => Err(format!(
            "{} exists already, and a backup replaces nothing: name a new folder",
            target.display()
        )),
    }
}

/// A name that no other process uses.
fn unique(start: &str) -> String {
    Runtime::system().random_id(start)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}
