//! A clock of the program that the test sets (libfaketime).

use std::path::{Path, PathBuf};

use crate::Outcome;

/// A clock in a file. The program reads it each time that it asks for the time of day. Its
/// monotonic clock is the real one.
pub struct FakeClock(PathBuf);

impl FakeClock {
    /// A right clock in this file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn new(file: PathBuf) -> Outcome<Self> {
        let clock = Self(file);
        clock.set("+0")?;
        Ok(clock)
    }

    /// Sets it: `+1h` is an hour ahead, and `@2038-06-01 00:00:00` is a time.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set(&self, moment: &str) -> Outcome<()> {
        let new = self.0.with_extension("new");
        std::fs::write(&new, format!("{moment}\n"))?;
        Ok(std::fs::rename(&new, &self.0)?)
    }

    /// The environment of a program with this clock.
    ///
    /// # Errors
    /// If libfaketime is not installed.
    pub fn settings(&self) -> Outcome<[(&'static str, String); 5]> {
        Ok([
            ("LD_PRELOAD", library()?),
            (
                "FAKETIME_TIMESTAMP_FILE",
                self.0.display().to_string(),
            ),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            ("TZ", "UTC".into()),
        ])
    }
}

/// The library that replaces the clock.
///
/// # Errors
/// If it is not installed.
pub fn library() -> Outcome<String> {
    let folders =
        std::fs::read_dir("/usr/lib")?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let found = folders
        .chain([PathBuf::from("/usr/lib")])
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    let found = found
        .into_iter()
        .find(|path: &PathBuf| Path::exists(path));
    Ok(found
        .ok_or("faketime is not installed: run .ci/tools prove")?
        .display()
        .to_string())
}
