//! A backup as a tar archive.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use engine::backup::{DATABASE, MANIFEST};
use tar::{Builder, EntryType, Header};

/// The folder in the archive.
const FOLDER: &str = "roundtable-backup";

/// Writes the files of a backup. The manifest comes last, so that a truncated archive has none.
/// `at` is the time of the backup in seconds.
pub(super) fn write(folder: &Path, at: u64, output: impl Write) -> io::Result<()> {
    let mut archive = Builder::new(output);
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Directory);
    header.set_mode(0o700);
    header.set_mtime(at);
    header.set_size(0);
    archive.append_data(&mut header, FOLDER, io::empty())?;
    for name in [DATABASE, MANIFEST] {
        let path = folder.join(name);
        if !path.exists() {
            continue;
        }
        let file = File::open(path)?;
        let mut header = Header::new_gnu();
        header.set_mode(0o600);
        header.set_mtime(at);
        header.set_size(file.metadata()?.len());
        archive.append_data(&mut header, format!("{FOLDER}/{name}"), file)?;
    }
    archive.into_inner()?.flush()
}
