//! The revocation journal: what was ended or weakened, kept in memory and in a file outside of the database.
//!
//! A row of the database counts only if it is at least as new as the journal says. So nobody who can write to the
//! database, or puts an older copy of it back, brings an ended credential back: not even by removing the events that tell
//! of the end. The journal also keeps the newest event number and hash of each organization's audit chain (its anchor).

mod catch_up;
mod file;
mod mark;
mod replay;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use domain::{ActorId, KeyId, Moment};

use crate::keyring::Ring;
use file::JournalFile;

pub use file::JournalFault;
pub(crate) use mark::{Head, Mark, Subject};
pub use replay::Replayed;

/// The journal of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    keeps: bool,
    /// The lowest event number that a row of each subject may bear.
    floors: RwLock<HashMap<Subject, i64>>,
    anchors: Mutex<HashMap<String, Head>>,
    file: Option<Mutex<JournalFile>>,
}

impl Journal {
    /// A journal that lasts as long as the process.
    pub fn in_memory() -> Self {
        Self { inner: Arc::new(Inner { keeps: true, ..Inner::default() }) }
    }

    /// No journal: what the database says is believed, even if it was put back.
    pub fn none() -> Self {
        Self::default()
    }

    /// Opens the journal file, and makes it where there is none.
    ///
    /// # Errors
    /// When it cannot be written, is in use, belongs to another installation, or was altered.
    pub fn open(path: &Path, ring: &Ring, now: Moment) -> Result<Self, JournalFault> {
        let (file, marks) = JournalFile::open(path, ring, now)?;
        let inner = Inner { keeps: true, file: Some(Mutex::new(file)), ..Inner::default() };
        let journal = Self { inner: Arc::new(inner) };
        journal.remember(&marks);
        Ok(journal)
    }

    /// Whether a row of this age was superseded: the journal knows of a later change of its subject.
    pub(crate) fn is_behind(&self, subject: &Subject, n: i64) -> bool {
        let floors = self.inner.floors.read().unwrap_or_else(PoisonError::into_inner);
        floors.get(subject).is_some_and(|floor| *floor > n)
    }

    /// The newest event of a chain that the journal knows of.
    pub(crate) fn anchor(&self, organization: &str) -> Option<Head> {
        self.anchors().get(organization).cloned()
    }

    /// Whether something ended for good.
    pub(crate) fn has_ended(&self, subject: &Subject) -> bool {
        self.is_behind(subject, mark::ENDED - 1)
    }

    /// The keys that the journal knows of, by their ids.
    pub(crate) fn keys(&self) -> Vec<KeyId> {
        self.known(|subject| if let Subject::Key(id) = subject { Some(KeyId(*id)) } else { None })
    }

    /// The actors that the journal knows of, by their ids.
    pub(crate) fn actors(&self) -> Vec<ActorId> {
        self.known(|subject| if let Subject::Actor(id) = subject { Some(ActorId(*id)) } else { None })
    }

    fn known<T: Ord>(&self, wanted: impl Fn(&Subject) -> Option<T>) -> Vec<T> {
        let floors = self.inner.floors.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = floors.keys().filter_map(wanted).collect();
        found.sort_unstable();
        found
    }

    /// Keeps what a durable transaction changed: in memory first, so that it counts even if the file cannot be written.
    /// Anchors go to the file only along with something else, or where `anchors` says so.
    pub(crate) fn keep(&self, marks: Vec<Mark>, anchors: bool) -> Result<(), JournalFault> {
        let Some(file) = self.inner.file.as_ref().filter(|_| anchors || self.must_write(&marks)) else {
            self.remember(&marks);
            return Ok(());
        };
        // No anchor is written between the two, so none is ahead of the entries that it covers.
        let mut file = held(file);
        self.remember(&marks);
        file.append(&marks)
    }

    /// Whether these entries go to the file right away.
    pub(crate) fn must_write(&self, marks: &[Mark]) -> bool {
        self.inner.file.is_some() && marks.iter().any(|mark| !matches!(mark.subject, Subject::Head(_)))
    }

    /// Whether every entry is in the file.
    pub(crate) fn is_complete(&self) -> bool {
        self.inner.file.as_ref().is_none_or(|file| held(file).is_complete())
    }

    /// Writes the anchors that only memory knows of, and what could not be written before.
    pub(crate) fn write_anchors(&self, now: Moment) -> Result<(), JournalFault> {
        let Some(file) = &self.inner.file else { return Ok(()) };
        let mut file = held(file);
        let anchors = self.anchors().clone();
        file.append_anchors(anchors, now)
    }

    fn remember(&self, marks: &[Mark]) {
        if !self.inner.keeps {
            return;
        }
        let mut floors = self.inner.floors.write().unwrap_or_else(PoisonError::into_inner);
        for mark in marks {
            match &mark.subject {
                Subject::Head(organization) => {
                    let head = Head { n: mark.n, hash: mark.hash.clone() };
                    let mut anchors = self.anchors();
                    let known = anchors.entry(organization.clone()).or_default();
                    if head.n > known.n {
                        *known = head;
                    }
                }
                subject => {
                    let floor = floors.entry(subject.clone()).or_default();
                    *floor = mark.n.max(*floor);
                }
            }
        }
    }

    fn anchors(&self) -> MutexGuard<'_, HashMap<String, Head>> {
        held(&self.inner.anchors)
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
