//! What a program writes, read in threads of their own, so that it never waits for the worker.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Which part of a long text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// The first bytes.
    Start,
    /// The last bytes.
    End,
}

/// What was read so far. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Capture(Arc<Mutex<Captured>>);

/// The bytes that a capture has kept.
#[derive(Clone, Default)]
pub(super) struct Captured {
    /// The kept bytes.
    pub bytes: VecDeque<u8>,
    /// Whether others were dropped.
    pub is_cut: bool,
    /// Whether the program has closed its end.
    pub is_complete: bool,
}

impl Capture {
    /// Reads everything, and keeps at most this many bytes of it.
    pub fn of(mut source: impl Read + Send + 'static, most: usize, kept: Kept) -> Self {
        let capture = Self::default();
        let written = capture.clone();
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                match source.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(n) => written.add(&buffer[..n], most, kept),
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            written.lock().is_complete = true;
        });
        capture
    }

    fn add(&self, new: &[u8], most: usize, kept: Kept) {
        let mut captured = self.lock();
        captured.bytes.extend(new);
        let surplus = captured.bytes.len().saturating_sub(most);
        if surplus == 0 {
            return;
        }
        captured.is_cut = true;
        match kept {
            Kept::Start => captured.bytes.truncate(most),
            Kept::End => drop(captured.bytes.drain(..surplus)),
        }
    }

    /// Whether the program has closed its end.
    pub fn is_complete(&self) -> bool {
        self.lock().is_complete
    }

    /// What was read so far.
    pub fn so_far(&self) -> Captured {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Captured> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Captured {
    /// The bytes as text. Bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str, most: usize, kept: Kept) -> (String, bool) {
        let capture = Capture::of(text.as_bytes(), most, kept);
        while !capture.is_complete() {
            thread::yield_now();
        }
        let captured = capture.so_far();
        (captured.text(), captured.is_cut)
    }

    #[test]
    fn a_long_text_is_cut_at_one_end() {
        assert_eq!(
            read("abcdef", 6, Kept::Start),
            ("abcdef".into(), false)
        );
        assert_eq!(read("abcdef", 4, Kept::Start), ("abcd".into(), true));
        assert_eq!(read("abcdef", 4, Kept::End), ("cdef".into(), true));
    }
}
