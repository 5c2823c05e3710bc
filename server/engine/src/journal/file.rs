//! The file of the journal: lines, each with a MAC over itself and the line before it. Zeros after
//! the last line reserve disk space for the next ones.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::Moment;
use domain::session::DEVICE_ABSOLUTE_SECONDS;

use super::mark::{Head, Mark, Subject};
use crate::keyring::{CanonicalEncoder, Ring, Secret, mac_with};

/// Disk space reserved for new entries: enough for more than a thousand revocations.
const RESERVE: u64 = 512 * 1024;
const TITLE: &str = "roundtable-journal 1";

/// Why the journal cannot be used. Each is one sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum JournalFault {
    /// The file or its folder cannot be used.
    #[error("the revocation journal {0} cannot be used: {1}")]
    File(String, std::io::Error),
    /// Another process writes it.
    #[error("the revocation journal {0} is in use by another process")]
    InUse(String),
    /// The MAC of a line is not valid.
    #[error(
        "line {1} of the revocation journal {0} was altered, or the journal belongs to another installation"
    )]
    Altered(String, usize),
}

/// An open journal file.
pub(super) struct JournalFile {
    path: PathBuf,
    file: File,
    key: Secret,
    /// The offset of the next line, and the end of the reserved space.
    end: u64,
    reserved: u64,
    /// The MAC of the last line.
    last: Vec<u8>,
    /// The newest event of each chain that the file has.
    written: HashMap<String, i64>,
    /// Entries that could not be written yet. They are written before the next ones.
    pending: Vec<Mark>,
}

impl JournalFile {
    /// Opens the file and gives its entries. The file is compacted: entries that later ones replace
    /// are dropped.
    pub fn open(path: &Path, ring: &Ring, now: Moment) -> Result<(Self, Vec<Mark>), JournalFault> {
        let fault = |error| JournalFault::File(path.display().to_string(), error);
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(fault)?;
        }
        let mut file = open_locked(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(fault)?;
        let reserved = text.len() as u64;
        let mut journal = Self {
            path: path.into(),
            file,
            key: ring.journal_key(),
            end: 0,
            reserved,
            last: Vec::new(),
            written: HashMap::new(),
            pending: Vec::new(),
        };
        let marks = journal.read(&text)?;
        let kept = compact(&marks, now);
        match journal.rewrite(&kept) {
            Ok(()) => {}
            Err(error) if journal.end > 0 => {
                tracing::warn!(%error, "the revocation journal could not be compacted")
            }
            Err(error) => return Err(error),
        }
        Ok((journal, kept))
    }

    /// Writes entries durably.
    pub fn append(&mut self, marks: &[Mark]) -> Result<(), JournalFault> {
        self.pending.extend_from_slice(marks);
        let (text, last) = self.lines(&self.pending);
        let end = self.end + text.len() as u64;
        // The rest of a line that failed is overwritten by the next one.
        self.file
            .write_all_at(&text, self.end)
            .map_err(|error| self.fault(error))?;
        self.file
            .sync_data()
            .map_err(|error| self.fault(error))?;
        self.end = end;
        self.last = last;
        let written = std::mem::take(&mut self.pending);
        self.note(&written);
        self.reserve_space();
        Ok(())
    }

    /// Whether the file has all entries.
    pub fn is_complete(&self) -> bool {
        self.pending.is_empty()
    }

    /// Writes the entries that could not be written before, and the anchors that are newer than
    /// those in the file.
    pub fn append_anchors(
        &mut self,
        anchors: HashMap<String, Head>,
        now: Moment,
    ) -> Result<(), JournalFault> {
        let newer = anchors
            .into_iter()
            .filter(|(id, head)| self.written.get(id).is_none_or(|n| *n < head.n));
        let marks: Vec<_> = newer
            .map(|(id, head)| Mark {
                at: now.0,
                ..Mark::head(&id, head.n, &head.hash)
            })
            .collect();
        if marks.is_empty() && self.pending.is_empty() {
            Ok(())
        } else {
            self.append(&marks)
        }
    }

    /// The entries of a file. Bytes after the last complete line were never acknowledged.
    fn read(&mut self, text: &[u8]) -> Result<Vec<Mark>, JournalFault> {
        let text = text
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default();
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let mut marks = Vec::new();
        let mut last = Vec::new();
        for (at, line) in text[..whole]
            .split_inclusive(|byte| *byte == b'\n')
            .enumerate()
        {
            let altered = || JournalFault::Altered(self.path.display().to_string(), at + 1);
            let line = std::str::from_utf8(&line[..line.len() - 1]).map_err(|_| altered())?;
            let (entry, seal) = line.rsplit_once(' ').ok_or_else(altered)?;
            let expected = self.seal(&last, entry);
            if hex::encode(&expected) != seal {
                return Err(altered());
            }
            if at > 0 {
                marks.push(Mark::parse(entry).ok_or_else(altered)?);
            }
            last = expected;
        }
        self.end = whole as u64;
        self.last = last;
        self.note(&marks);
        Ok(marks)
    }

    /// Replaces the file by one with these entries.
    fn rewrite(&mut self, marks: &[Mark]) -> Result<(), JournalFault> {
        let path = self.path.with_added_extension("new");
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(self.fault(error));
        }
        let title = self.seal(&[], TITLE);
        let head = format!("{TITLE} {}\n", hex::encode(&title));
        let mut new = Self {
            path: self.path.clone(),
            file: open_locked(&path)?,
            key: self.key.clone(),
            end: head.len() as u64,
            reserved: 0,
            last: title,
            written: HashMap::new(),
            pending: Vec::new(),
        };
        new.file
            .write_all_at(head.as_bytes(), 0)
            .map_err(|error| self.fault(error))?;
        new.append(marks)?;
        std::fs::rename(&path, &self.path).map_err(|error| self.fault(error))?;
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder =
            File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        folder.map_err(|error| self.fault(error))?;
        *self = new;
        Ok(())
    }

    fn lines(&self, marks: &[Mark]) -> (Vec<u8>, Vec<u8>) {
        let mut text = String::new();
        let mut last = self.last.clone();
        for mark in marks {
            let entry = mark.line();
            last = self.seal(&last, &entry);
            text += &format!("{entry} {}\n", hex::encode(&last));
        }
        (text.into_bytes(), last)
    }

    fn seal(&self, last: &[u8], entry: &str) -> Vec<u8> {
        mac_with(
            &self.key,
            &CanonicalEncoder::of("rt/journal/v1")
                .bytes(last)
                .text(entry),
        )
    }

    /// Reserves disk space, so that revocations can be written on a full disk. Without space to
    /// reserve, writing continues until the reserved space is used up.
    fn reserve_space(&mut self) {
        if self.reserved >= self.end + RESERVE / 2 {
            return;
        }
        let from = self.reserved.max(self.end);
        let zeros = vec![0; usize::try_from(self.end + RESERVE - from).unwrap_or_default()];
        let done = self
            .file
            .write_all_at(&zeros, from)
            .and_then(|()| self.file.sync_data());
        match done {
            Ok(()) => self.reserved = self.end + RESERVE,
            Err(error) => {
                tracing::warn!(%error, "no disk space could be reserved for the revocation journal")
            }
        }
    }

    fn note(&mut self, marks: &[Mark]) {
        for mark in marks {
            if let Subject::Head(id) = &mark.subject {
                self.written.insert(id.clone(), mark.n);
            }
        }
    }

    fn fault(&self, error: std::io::Error) -> JournalFault {
        JournalFault::File(self.path.display().to_string(), error)
    }
}

fn open_locked(path: &Path) -> Result<File, JournalFault> {
    let name = || path.display().to_string();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    let file = file.map_err(|error| JournalFault::File(name(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalFault::InUse(name())),
        Err(TryLockError::Error(error)) => Err(JournalFault::File(name(), error)),
    }
}

/// The newest entry of each subject, without sessions that have expired since.
fn compact(marks: &[Mark], now: Moment) -> Vec<Mark> {
    let mut newest: HashMap<&Subject, &Mark> = HashMap::new();
    for mark in marks {
        let known = newest.entry(&mark.subject).or_insert(mark);
        if mark.n >= known.n {
            *known = mark;
        }
    }
    let may_be_valid = |mark: &Mark| Moment(mark.at).plus_seconds(DEVICE_ABSOLUTE_SECONDS) > now;
    let kept = |mark: &&Mark| !matches!(mark.subject, Subject::Session(_)) || may_be_valid(mark);
    newest
        .into_values()
        .filter(kept)
        .cloned()
        .collect()
}
