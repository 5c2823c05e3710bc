//! Where a new key goes: to standard output alone, or to a file that only its owner can read.

use std::path::Path;

use serde::Serialize;

use crate::failure::{Failure, FailureKind, of_file};
use crate::output::Output;
use crate::profile::write_private;

/// Checks that the file can be written, before a key is created for it.
pub fn check(out: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = out else { return Ok(()) };
    if path.exists() {
        let message = format!("{} exists already.", path.display());
        return Err(Failure::new(FailureKind::Usage, message).next("Choose another file."));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if folder.is_dir() {
        Ok(())
    } else {
        let message = format!("{} is no folder.", folder.display());
        Err(Failure::new(FailureKind::Usage, message))
    }
}

/// Shows a new key, or writes it to the file. A key that cannot be written is shown, because it
/// cannot be shown again.
pub fn show(
    output: &Output,
    created: &impl Serialize,
    key: &str,
    out: Option<&Path>,
) -> Result<(), Failure> {
    let written = out.map(|path| (path, write_private(path, &format!("{key}\n"))));
    match written {
        Some((path, Ok(()))) => {
            output.note(&format!("The key is in {}.", path.display()));
            Ok(())
        }
        Some((path, Err(error))) => {
            output.secret(key);
            Err(of_file(path, &error))
        }
        None if output.is_json() => {
            output.result(created, String::new);
            Ok(())
        }
        None => {
            output.secret(key);
            Ok(())
        }
    }
}
