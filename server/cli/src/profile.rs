//! The settings of these commands: `$XDG_CONFIG_HOME/roundtable/config.toml`. It contains no secret.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::arguments::StoreChoice;
use crate::failure::{Failure, FailureKind, of_file};

/// The settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The installation.
    pub url: Option<String>,
    /// The organization to act in.
    pub org: Option<String>,
    /// Where sign-ins are stored.
    pub store: Option<String>,
}

impl Profile {
    /// Reads the settings. Without a file, there are none.
    pub fn load() -> Result<Self, Failure> {
        let path = path()?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(of_file(&path, &error)),
        };
        toml::from_str(&text).map_err(|error| {
            let what = error.message();
            Failure::new(
                FailureKind::Failed,
                format!("{}: {what}", path.display()),
            )
        })
    }

    /// Writes the settings.
    pub fn save(&self) -> Result<(), Failure> {
        let path = path()?;
        let text = toml::to_string(self)
            .map_err(|error| Failure::new(FailureKind::Failed, error.to_string()))?;
        write(&path, &text).map_err(|error| of_file(&path, &error))
    }

    /// Where sign-ins are stored.
    pub fn store(&self) -> StoreChoice {
        self.store
            .as_deref()
            .and_then(StoreChoice::named)
            .unwrap_or(StoreChoice::Auto)
    }

    /// Chooses an installation. The organization belongs to the one before.
    pub fn use_installation(&mut self, key: String) {
        if self.url.as_ref() != Some(&key) {
            self.org = None;
        }
        self.url = Some(key);
    }

    /// The URL of the installation: the argument, or the setting.
    pub fn installation(&self, argument: Option<&Url>) -> Result<Url, Failure> {
        if let Some(url) = argument {
            return Ok(url.clone());
        }
        let Some(text) = &self.url else {
            return Err(
                Failure::new(FailureKind::Usage, "No installation is known yet.")
                    .next("Run `roundtable auth login --url https://…` with the URL of yours."),
            );
        };
        text.parse().map_err(|_| {
            Failure::new(
                FailureKind::Failed,
                format!("the setting url is no URL: {text}"),
            )
        })
    }
}

/// The file with the settings.
pub fn path() -> Result<PathBuf, Failure> {
    folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("config.toml"))
}

/// The folder `roundtable` below a base directory.
pub fn folder(variable: &str, default: &str) -> Result<PathBuf, Failure> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = || absolute("HOME").or_else(|| absolute("USERPROFILE"));
    absolute(variable)
        .or_else(|| home().map(|home| home.join(default)))
        .map(|base| base.join("roundtable"))
        .ok_or_else(|| Failure::new(FailureKind::Failed, "HOME is not set."))
}

/// Replaces a file as a whole. Only its owner can read it, and its folder if that is new.
pub fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_private_folder(folder)?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_private(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a new file that only its owner can read.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;

    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Opens a file to lock, and creates it and its folder if necessary.
pub fn open_lock(path: &Path) -> std::io::Result<fs::File> {
    make_private_folder(path.parent().unwrap_or(Path::new(".")))?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
