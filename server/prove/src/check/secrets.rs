//! Searches files for secrets that must not be in them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::Outcome;

/// The number of consecutive bytes of a secret that count as a leak.
const WINDOW: usize = 16;

/// All secrets that were shown.
#[derive(Default)]
pub struct Secrets {
    windows: HashSet<[u8; WINDOW]>,
    whole: Vec<Vec<u8>>,
}

impl Secrets {
    /// Adds a key. Its secret begins after its public prefix.
    pub fn key(&mut self, key: &str) {
        let secret = key
            .rsplit('_')
            .next()
            .unwrap_or_default()
            .as_bytes();
        let secret = secret.get(8..51).unwrap_or_default();
        self.windows.extend(
            secret
                .windows(WINDOW)
                .filter_map(|window| <[u8; WINDOW]>::try_from(window).ok()),
        );
    }

    /// Adds another secret.
    pub fn other(&mut self, secret: &[u8]) {
        self.whole.push(secret.to_vec());
    }

    /// Adds the master key in every encoding.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn master_key(&mut self, file: &Path) -> Outcome<()> {
        let text = std::fs::read_to_string(file)?;
        let raw = hex::decode(text.trim())?;
        self.other(&raw);
        self.other(text.trim().as_bytes());
        self.other(text.trim().to_uppercase().as_bytes());
        Ok(())
    }

    /// The number of search patterns: windows of keys, and other secrets.
    pub fn len(&self) -> usize {
        self.windows.len() + self.whole.len()
    }

    /// Searches every file in these folders. Returns the number of bytes that were read.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn search(
        &self,
        folders: &[PathBuf],
        but: &[PathBuf],
        faults: &mut Vec<String>,
    ) -> Outcome<usize> {
        let mut read = 0;
        for folder in folders {
            for file in files(folder)? {
                if but.contains(&file) {
                    continue;
                }
                // A file may be gone by now: databases come and go with theirs.
                let Ok(bytes) = std::fs::read(&file) else {
                    continue;
                };
                read += bytes.len();
                if self.stands_in(&bytes) {
                    faults.push(format!("a secret stands in {}", file.display()));
                }
            }
        }
        Ok(read)
    }

    fn stands_in(&self, bytes: &[u8]) -> bool {
        let given_away = bytes
            .split(|byte| !byte.is_ascii_alphanumeric())
            .filter(|run| run.len() >= WINDOW)
            .flat_map(|run| run.windows(WINDOW))
            .any(|window| {
                <[u8; WINDOW]>::try_from(window).is_ok_and(|window| self.windows.contains(&window))
            });
        given_away
            || self.whole.iter().any(|secret| {
                bytes
                    .windows(secret.len())
                    .any(|window| window == secret)
            })
    }
}

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_the_middle_of_anything() {
        let mut secrets = Secrets::default();
        let key = format!(
            "rt_sk_{}{}{}",
            "PublicXY",
            "s3cr3tS3CR3T".repeat(4).get(..43).expect("43"),
            "check6"
        );
        secrets.key(&key);
        secrets.other(b"the master key");
        assert!(secrets.stands_in(format!("\0\x01{key}\0").as_bytes()));
        assert!(secrets.stands_in(b"--s3cr3tS3CR3Ts3cr3t--"));
        assert!(secrets.stands_in(b"\xff\xfethe master key"));
        assert!(!secrets.stands_in(b"rt_sk_PublicXY check6 s3cr3tS3CR3"));
    }
}
