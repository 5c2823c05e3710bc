//! Preloaded into a process (`LD_PRELOAD`), it lets a disk fail: writes and synchronizations return
//! an error, or the power fails and a random part of what was not synchronized is lost.
//!
//! | Variable | Meaning |
//! |---|---|
//! | `POWER_FILES` | The files, separated by colons. Without it, nothing happens. |
//! | `POWER_CUT_AFTER` | The number of operations after which the power fails. |
//! | `POWER_SEED` | What is lost, as the seed of a random number generator. |
//! | `POWER_LIE` | If set, a synchronization does nothing, as on a disk that lies. |
//! | `POWER_FAIL_AFTER` | The number of operations after which one fails. |
//! | `POWER_FAIL` | How it fails: `write` and `sync` return EIO, `short` writes one half. |
//! | `POWER_CUT_AFTER_FAILURE` | The number of operations after that failure at which the power fails. |
//! | `POWER_MARKER` | A file that is created when the operation fails. |
//!
//! Only what SQLite and the revocation journal use is replaced: `write`, `pwrite`, `ftruncate`,
//! `fsync` and `fdatasync`. The process ends with the code 99 when the power fails.

mod disk;

use std::os::raw::{c_int, c_void};

use libc::{off_t, size_t, ssize_t};

use disk::{Verdict, disk};

/// Replaces the function of the C library.
///
/// # Safety
/// See `write(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(fd: c_int, data: *const c_void, count: size_t) -> ssize_t {
    let real =
        |count: size_t| unsafe { libc::syscall(libc::SYS_write, fd, data, count) as ssize_t };
    let Some(disk) = disk().and_then(|disk| disk.watching(fd)) else {
        return real(count);
    };
    let offset = unsafe { disk::position(fd) };
    let bytes = unsafe { std::slice::from_raw_parts(data.cast(), count) };
    match disk.writes(fd, offset, bytes) {
        Verdict::Proceed(count) => real(count),
        Verdict::Fail => disk::io_error(),
    }
}

/// Replaces the function of the C library.
///
/// # Safety
/// See `pwrite(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite64(
    fd: c_int,
    data: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    let real = |count: size_t| unsafe {
        libc::syscall(libc::SYS_pwrite64, fd, data, count, offset) as ssize_t
    };
    let Some(disk) = disk().and_then(|disk| disk.watching(fd)) else {
        return real(count);
    };
    let bytes = unsafe { std::slice::from_raw_parts(data.cast(), count) };
    match disk.writes(fd, offset, bytes) {
        Verdict::Proceed(count) => real(count),
        Verdict::Fail => disk::io_error(),
    }
}

/// Replaces the function of the C library.
///
/// # Safety
/// See `pwrite(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pwrite(
    fd: c_int,
    data: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    unsafe { pwrite64(fd, data, count, offset) }
}

/// Replaces the function of the C library.
///
/// # Safety
/// See `ftruncate(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    if let Some(disk) = disk().and_then(|disk| disk.watching(fd)) {
        disk.truncates(fd, length);
    }
    unsafe { libc::syscall(libc::SYS_ftruncate, fd, length) as c_int }
}

/// Replaces the function of the C library.
///
/// # Safety
/// See `ftruncate(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    unsafe { ftruncate64(fd, length) }
}

/// Replaces the function of the C library.
///
/// # Safety
/// See `fsync(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    match disk().and_then(|disk| disk.watching(fd)) {
        Some(disk) => disk.synchronizes(fd, libc::SYS_fsync),
        None => unsafe { libc::syscall(libc::SYS_fsync, fd) as c_int },
    }
}

/// Replaces the function of the C library.
///
/// # Safety
/// See `fdatasync(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    match disk().and_then(|disk| disk.watching(fd)) {
        Some(disk) => disk.synchronizes(fd, libc::SYS_fdatasync),
        None => unsafe { libc::syscall(libc::SYS_fdatasync, fd) as c_int },
    }
}
