//! The disk: what was written to the files and not synchronized yet.

use std::ffi::CString;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use libc::{c_int, c_long, off_t, ssize_t};

/// The code that the process ends with when the power fails.
const CUT: c_int = 99;
/// A disk writes sectors of this size at once.
const SECTOR: usize = 512;

/// What happens to an operation.
pub enum Verdict {
    /// It is done, with this number of bytes.
    Proceed(usize),
    /// It returns an error.
    Fail,
}

/// How an operation fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Write,
    Sync,
    Short,
}

/// The files, and the state of the disk.
pub struct Disk {
    files: Vec<CString>,
    lies: bool,
    cut_after: u64,
    fail_after: u64,
    cut_after_failure: Option<u64>,
    fault: Option<Fault>,
    /// A file that is created when an operation fails.
    marker: Option<CString>,
    state: Mutex<State>,
}

struct State {
    operations: u64,
    has_failed: bool,
    /// Operations until the power is cut after a failed synchronization.
    left: Option<u64>,
    random: u64,
    /// Of each file, in the order of the operations.
    unsynchronized: Vec<Vec<Change>>,
}

/// Something that was done to a file.
struct Change {
    /// Where the new bytes begin, or where the file ends now.
    offset: off_t,
    /// None for a truncation.
    new: Option<Vec<u8>>,
    /// The bytes from `offset` on that were there before.
    old: Vec<u8>,
    /// The length of the file before.
    length: off_t,
}

/// A file of the disk.
pub struct Watched {
    disk: &'static Disk,
    file: usize,
}

/// The disk, if there is one.
pub fn disk() -> Option<&'static Disk> {
    static DISK: OnceLock<Option<Disk>> = OnceLock::new();
    DISK.get_or_init(Disk::from_environment).as_ref()
}

/// Where the next write of a file begins.
///
/// # Safety
/// `fd` has to be open.
pub unsafe fn position(fd: c_int) -> off_t {
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags & libc::O_APPEND != 0 {
        length(fd)
    } else {
        unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) }
    }
}

/// Sets `errno` to EIO.
pub fn io_error() -> ssize_t {
    unsafe { *libc::__errno_location() = libc::EIO };
    -1
}

impl Disk {
    fn from_environment() -> Option<Self> {
        let number = |name| {
            let text = std::env::var(name).ok()?;
            text.parse::<u64>().ok()
        };
        let files: Vec<_> = std::env::var("POWER_FILES")
            .ok()?
            .split(':')
            .filter_map(|file| CString::new(file).ok())
            .collect();
        let fault = std::env::var("POWER_FAIL")
            .ok()
            .and_then(|word| match word.as_str() {
                "write" => Some(Fault::Write),
                "sync" => Some(Fault::Sync),
                "short" => Some(Fault::Short),
                _ => None,
            });
        let unsynchronized = files.iter().map(|_| Vec::new()).collect();
        Some(Self {
            files,
            lies: std::env::var_os("POWER_LIE").is_some(),
            cut_after: number("POWER_CUT_AFTER").unwrap_or(u64::MAX),
            fail_after: number("POWER_FAIL_AFTER").unwrap_or(u64::MAX),
            cut_after_failure: number("POWER_CUT_AFTER_FAILURE"),
            fault,
            marker: std::env::var("POWER_MARKER")
                .ok()
                .and_then(|path| CString::new(path).ok()),
            state: Mutex::new(State {
                operations: 0,
                has_failed: false,
                left: None,
                random: number("POWER_SEED").unwrap_or(1) | 1,
                unsynchronized,
            }),
        })
    }

    /// The file behind a descriptor, if it belongs to the disk.
    pub fn watching(&'static self, fd: c_int) -> Option<Watched> {
        let found = status(|to| unsafe { libc::fstat(fd, to) })?;
        let file = self.files.iter().position(|path| {
            let known = status(|to| unsafe { libc::stat(path.as_ptr(), to) });
            known.is_some_and(|known| (known.st_dev, known.st_ino) == (found.st_dev, found.st_ino))
        })?;
        Some(Watched { disk: self, file })
    }

    /// Counts an operation. The power fails before it is done.
    fn operation(&self) -> MutexGuard<'_, State> {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        state.operations += 1;
        state.left = state.left.map(|left| left.saturating_sub(1));
        if state.operations > self.cut_after || state.left == Some(0) {
            self.cut(&mut state);
        }
        state
    }

    /// Whether this operation is the one that fails.
    fn fails(&self, state: &mut State, faults: &[Fault]) -> Option<Fault> {
        let fault = self
            .fault
            .filter(|fault| faults.contains(fault))?;
        let is_due = !state.has_failed && state.operations > self.fail_after;
        if is_due {
            state.has_failed = true;
            state.left = self.cut_after_failure;
            self.mark();
        }
        is_due.then_some(fault)
    }

    /// Tells the test that the operation has failed.
    fn mark(&self) {
        if let Some(marker) = &self.marker {
            unsafe { libc::open(marker.as_ptr(), libc::O_CREAT | libc::O_WRONLY, 0o600) };
        }
    }

    /// Loses a random part of what was not synchronized, and ends the process. The lock is held, so
    /// that no other thread writes meanwhile.
    fn cut(&self, state: &mut State) -> ! {
        let State {
            random,
            unsynchronized,
            ..
        } = state;
        for (path, changes) in self.files.iter().zip(unsynchronized) {
            let fd = unsafe { libc::open(path.as_ptr(), libc::O_RDWR) };
            if fd < 0 {
                continue;
            }
            for change in changes.iter().rev() {
                put(fd, change.offset, &change.old);
                unsafe { libc::syscall(libc::SYS_ftruncate, fd, change.length) };
            }
            for change in changes.iter() {
                match (&change.new, next(random) % 4) {
                    (_, 0 | 1) => {}
                    (Some(new), 2) => {
                        let sectors = new.len() / SECTOR + 1;
                        let kept = SECTOR * (next(random) as usize % sectors);
                        put(fd, change.offset, &new[..kept.min(new.len())]);
                    }
                    (Some(new), _) => put(fd, change.offset, new),
                    (None, _) => unsafe {
                        libc::syscall(libc::SYS_ftruncate, fd, change.offset);
                    },
                }
            }
        }
        unsafe { libc::_exit(CUT) }
    }
}

impl Watched {
    /// A write. What it replaces is remembered.
    pub fn writes(&self, fd: c_int, offset: off_t, bytes: &[u8]) -> Verdict {
        let mut state = self.disk.operation();
        let count = match self
            .disk
            .fails(&mut state, &[Fault::Write, Fault::Short])
        {
            Some(Fault::Short) if bytes.len() > 1 => bytes.len() / 2,
            Some(_) => return Verdict::Fail,
            None => bytes.len(),
        };
        state.unsynchronized[self.file].push(Change {
            offset,
            new: Some(bytes[..count].to_vec()),
            old: read(fd, &self.disk.files[self.file], offset, count),
            length: length(fd),
        });
        Verdict::Proceed(count)
    }

    /// A truncation.
    pub fn truncates(&self, fd: c_int, to: off_t) {
        let mut state = self.disk.operation();
        let before = length(fd);
        let lost = usize::try_from(before - to).unwrap_or_default();
        state.unsynchronized[self.file].push(Change {
            offset: to,
            new: None,
            old: read(fd, &self.disk.files[self.file], to, lost),
            length: before,
        });
    }

    /// A synchronization: what was written before it is safe.
    pub fn synchronizes(&self, fd: c_int, call: c_long) -> c_int {
        let mut state = self.disk.operation();
        if self
            .disk
            .fails(&mut state, &[Fault::Sync])
            .is_some()
        {
            return io_error() as c_int;
        }
        if self.disk.lies {
            return 0;
        }
        let done = unsafe { libc::syscall(call, fd) as c_int };
        if done == 0 {
            state.unsynchronized[self.file].clear();
        }
        done
    }
}

fn status(read: impl Fn(*mut libc::stat) -> c_int) -> Option<libc::stat> {
    let mut found = unsafe { std::mem::zeroed() };
    (read(&mut found) == 0).then_some(found)
}

fn length(fd: c_int) -> off_t {
    status(|to| unsafe { libc::fstat(fd, to) }).map_or(0, |found| found.st_size)
}

/// The bytes of a file. A file that is only written to is opened for it, and never closed: closing
/// would end the locks that SQLite holds on the file.
fn read(fd: c_int, path: &CString, offset: off_t, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    let get = |fd: c_int, bytes: &mut Vec<u8>| unsafe {
        libc::syscall(
            libc::SYS_pread64,
            fd,
            bytes.as_mut_ptr(),
            count,
            offset,
        )
    };
    let mut got = get(fd, &mut bytes);
    if got < 0 {
        got = get(
            unsafe { libc::open(path.as_ptr(), libc::O_RDONLY) },
            &mut bytes,
        );
    }
    bytes.truncate(usize::try_from(got).unwrap_or_default());
    bytes
}

fn put(fd: c_int, offset: off_t, bytes: &[u8]) {
    unsafe {
        libc::syscall(
            libc::SYS_pwrite64,
            fd,
            bytes.as_ptr(),
            bytes.len(),
            offset,
        )
    };
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
