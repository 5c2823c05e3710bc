//! Reserved disk space next to the SQLite file. When the disk is full, the reserve is released, so
//! that keys can still be revoked. Until it is restored, nothing else is written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const MIB: u64 = 1024 * 1024;
/// The size of the reserve.
pub const BALLAST: u64 = 16 * MIB;
/// The smallest useful reserve.
const LEAST: u64 = MIB;
/// How often restoring the reserve is tried.
const RETRY: Duration = Duration::from_secs(1);

/// The reserve of one database file.
pub(super) struct Ballast {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    reserve: Reserve,
    /// Set when a write found no space: when free space was last checked.
    full: Option<Instant>,
}

enum Reserve {
    /// This process has none.
    Unused,
    /// It is in place.
    Held,
    /// It was released, or there was never enough space.
    Spent {
        /// The sizes to try: the space that was released does not count as new space.
        sizes: (u64, u64),
        /// When it was last tried.
        tried: Instant,
    },
}

impl Ballast {
    pub(super) fn beside(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push(".ballast");
        Self {
            path: path.into(),
            state: Mutex::new(State {
                reserve: Reserve::Unused,
                full: None,
            }),
        }
    }

    /// Reserves up to `most` bytes, leaving an equal amount free. Says whether it succeeded.
    pub(super) fn hold(&self, most: u64) -> bool {
        let mut state = self.state();
        let sizes = (LEAST, most);
        let held = self.take(sizes);
        state.reserve = if held {
            Reserve::Held
        } else {
            Reserve::Spent {
                sizes,
                tried: Instant::now(),
            }
        };
        held
    }

    /// Remembers that a write found no space.
    pub(super) fn ran_out(&self) {
        self.state().full = Some(Instant::now());
    }

    /// Releases the space. Says whether there was any.
    pub(super) fn spend(&self) -> bool {
        let mut state = self.state();
        if !matches!(state.reserve, Reserve::Held) {
            return false;
        }
        let size = fs::metadata(&self.path).map_or(LEAST, |file| file.len());
        // The blocks of a file that another process has open are free only after truncation.
        let cut = OpenOptions::new()
            .write(true)
            .open(&self.path)
            .and_then(|file| file.set_len(0));
        let gone = fs::remove_file(&self.path);
        tracing::error!(
            freed = cut.is_ok() || gone.is_ok(),
            "the disk is full or failed to write: the reserve was released for revocations, and other writes are refused until the disk writes again"
        );
        state.reserve = Reserve::Spent {
            sizes: (size, size),
            tried: Instant::now(),
        };
        true
    }

    /// Whether nothing needs attention: no write ran out of space, and the reserve is in place or
    /// not used.
    pub(super) fn is_untouched(&self) -> bool {
        let state = self.state();
        state.full.is_none() && !matches!(state.reserve, Reserve::Spent { .. })
    }

    /// Whether every write is allowed. Checks for space from time to time, and restores the
    /// reserve.
    pub(super) fn is_open(&self) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        let early = |at: Instant| now.duration_since(at) < RETRY;
        if let Reserve::Spent { sizes, tried } = state.reserve {
            if early(tried) {
                return false;
            }
            if !self.take(sizes) {
                state.reserve = Reserve::Spent { sizes, tried: now };
                return false;
            }
            tracing::info!(
                "the disk writes again: the reserve is restored, and all writes are allowed"
            );
            *state = State {
                reserve: Reserve::Held,
                full: None,
            };
        }
        match state.full {
            Some(at) if early(at) => false,
            Some(_) => {
                let has_room = self.has_room();
                state.full = if has_room { None } else { Some(now) };
                has_room
            }
            None => true,
        }
    }

    /// Whether a few writes would find space now.
    fn has_room(&self) -> bool {
        let trial = self.path.with_extension("trial");
        let written = write(&trial, MIB / 4);
        let _ = fs::remove_file(&trial);
        written.is_ok()
    }

    fn take(&self, (least, most): (u64, u64)) -> bool {
        if fs::metadata(&self.path).is_ok_and(|file| file.len() >= least) {
            return true;
        }
        let sizes = std::iter::successors(Some(most), |size| Some(size / 2))
            .take_while(|size| *size >= least);
        sizes
            .into_iter()
            .any(|size| self.reserve(size).is_ok())
    }

    /// Writes a file of twice the size and truncates it to half, so that as much space is left free
    /// as is reserved.
    fn reserve(&self, size: u64) -> io::Result<()> {
        let part = self.path.with_extension("ballast-part");
        let written = write(&part, size * 2).and_then(|file| file.set_len(size));
        match written.and_then(|()| fs::rename(&part, &self.path)) {
            Ok(()) => Ok(()),
            Err(error) => {
                let _ = fs::remove_file(&part);
                Err(error)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a file whose blocks are really allocated: no hole, and no zeros that a file system could
/// elide.
fn write(path: &Path, size: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;

    let block = [0xa5_u8; 64 * 1024];
    let mut left = size;
    while left > 0 {
        let part = left.min(block.len() as u64);
        file.write_all(&block[..part as usize])?;
        left -= part;
    }
    file.sync_data()?;
    Ok(file)
}
