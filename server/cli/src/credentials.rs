//! Where a sign-in is stored: the keychain of the system, or a file that only its owner can read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::arguments::StoreChoice;
use crate::failure::{Failure, FailureKind, of_file};
use crate::profile::{folder, write};

const SERVICE: &str = "roundtable";
/// A locked keychain waits for a person, who may not be there.
const KEYCHAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// A sign-in to one installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Credentials {
    /// The token for the API.
    pub access_token: String,
    /// When it expires; Unix seconds.
    pub expires_at: i64,
    /// The token for the next refresh.
    pub refresh_token: String,
}

/// Where a sign-in was found, or is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The keychain.
    Keychain,
    /// The file.
    File,
}

impl Place {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::File => "file",
        }
    }
}

/// The sign-ins of this user.
#[derive(Clone, Copy)]
pub struct CredentialStore {
    choice: StoreChoice,
}

impl CredentialStore {
    /// The store that the settings choose.
    pub const fn new(choice: StoreChoice) -> Self {
        Self { choice }
    }

    /// The sign-in to an installation, and where it is.
    pub fn find(self, installation: &str) -> Result<Option<(Credentials, Place)>, Failure> {
        if self.choice != StoreChoice::File
            && let Ok(Some(text)) = keychain(installation, |entry| entry.get_password())
            && let Ok(found) = serde_json::from_str(&text)
        {
            return Ok(Some((found, Place::Keychain)));
        }
        let found = read_file()?.remove(installation);
        Ok(found.map(|found| (found, Place::File)))
    }

    /// Stores a sign-in. With `auto`, the file is used where there is no keychain.
    pub fn save(self, installation: &str, credentials: &Credentials) -> Result<Place, Failure> {
        let text = serde_json::to_string(credentials).unwrap_or_default();
        if self.choice != StoreChoice::File {
            match keychain(installation, move |entry| entry.set_password(&text)) {
                Ok(_) => {
                    change_file(|stored| drop(stored.remove(installation)))?;
                    return Ok(Place::Keychain);
                }
                Err(why) if self.choice == StoreChoice::Keychain => {
                    return Err(Failure::new(
                        FailureKind::Failed,
                        format!("The keychain cannot be used: {why}."),
                    )
                    .next(
                        "Pass --store file to store the sign-in in a file that only you can read.",
                    ));
                }
                Err(_) => {}
            }
        }
        change_file(|stored| drop(stored.insert(installation.to_owned(), credentials.clone())))?;
        Ok(Place::File)
    }

    /// Removes a sign-in from everywhere.
    pub fn remove(self, installation: &str) -> Result<(), Failure> {
        if self.choice != StoreChoice::File {
            let _ = keychain(installation, |entry| entry.delete_credential());
        }
        change_file(|stored| drop(stored.remove(installation)))
    }
}

/// Does something with an entry of the keychain, on a thread of its own: the keychain may block.
/// `None` if there is no such entry.
fn keychain<T: Send + 'static>(
    installation: &str,
    act: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
) -> Result<Option<T>, String> {
    let account = installation.to_owned();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let done = keyring::Entry::new(SERVICE, &account).and_then(|entry| act(&entry));
        let _ = sender.send(done);
    });
    match receiver.recv_timeout(KEYCHAIN_TIMEOUT) {
        Ok(Ok(done)) => Ok(Some(done)),
        Ok(Err(keyring::Error::NoEntry)) => Ok(None),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it does not answer".to_owned()),
    }
}

type Stored = BTreeMap<String, Credentials>;

/// The file with the sign-ins.
pub fn file() -> Result<PathBuf, Failure> {
    folder("XDG_STATE_HOME", ".local/state").map(|folder| folder.join("credentials.json"))
}

fn read_file() -> Result<Stored, Failure> {
    let path = file()?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Stored::new()),
        Err(error) => return Err(of_file(&path, &error)),
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            FailureKind::Failed,
            format!("{}: {error}", path.display()),
        )
        .next("Remove the file, and sign in again.")
    })
}

fn change_file(change: impl FnOnce(&mut Stored)) -> Result<(), Failure> {
    let before = read_file()?;
    let mut after = before.clone();
    change(&mut after);
    if before == after {
        return Ok(());
    }
    let path = file()?;
    let text = serde_json::to_string_pretty(&after).unwrap_or_default();
    write(&path, &text).map_err(|error| of_file(&path, &error))
}

/// Two commands at the same time must not refresh the same sign-in: the second waits for the first.
/// The lock ends when it is dropped.
pub fn lock() -> Result<File, Failure> {
    let path = folder("XDG_STATE_HOME", ".local/state")?.join("lock");
    let opened = crate::profile::open_lock(&path).map_err(|error| of_file(&path, &error))?;
    opened
        .lock()
        .map_err(|error| of_file(&path, &error))?;
    Ok(opened)
}
