//! The revocation journal: what was revoked, removed or weakened, in memory and in a file outside
//! of the database.
//!
//! A database row is valid only if it is at least as new as the journal says. So an attacker who
//! can write to the database, or restores an older copy of it, cannot bring back a revoked
//! credential, even by removing the events of the revocation. The journal also holds the newest
//! event number and hash of each organization's audit chain (its anchor).

mod catch_up;
mod file;
mod floor_table;
mod mark;
mod replay;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use domain::{ActorId, ApiId, KeyId, Moment};

use crate::keyring::Ring;
use file::JournalFile;
use floor_table::FloorTable;

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
    is_enabled: bool,
    floors: RwLock<FloorTable>,
    anchors: Mutex<HashMap<String, Head>>,
    file: Option<Mutex<JournalFile>>,
}

impl Journal {
    /// A journal that lasts as long as the process.
    pub fn in_memory() -> Self {
        Self {
            inner: Arc::new(Inner {
                is_enabled: true,
                ..Inner::default()
            }),
        }
    }

    /// No journal: the database is trusted, even after an older copy was restored.
    pub fn none() -> Self {
        Self::default()
    }

    /// Opens the journal file, or creates it.
    ///
    /// # Errors
    /// When it cannot be written, is in use, belongs to another installation, or was altered.
    pub fn open(path: &Path, ring: &Ring, now: Moment) -> Result<Self, JournalFault> {
        let (file, marks) = JournalFile::open(path, ring, now)?;
        let inner = Inner {
            is_enabled: true,
            file: Some(Mutex::new(file)),
            ..Inner::default()
        };
        let journal = Self {
            inner: Arc::new(inner),
        };
        journal.apply(&marks);
        Ok(journal)
    }

    /// Whether a row with this event number was superseded: the journal knows of a later change of
    /// its subject.
    pub(crate) fn is_behind(&self, subject: &Subject, n: i64) -> bool {
        self.floors()
            .get(subject)
            .is_some_and(|floor| floor > n)
    }

    /// Whether the journal already says what this entry says.
    pub(crate) fn has(&self, mark: &Mark) -> bool {
        self.is_behind(&mark.subject, mark.n.saturating_sub(1))
    }

    /// The newest event of a chain that the journal knows.
    pub(crate) fn anchor(&self, organization: &str) -> Option<Head> {
        self.anchors().get(organization).cloned()
    }

    /// The newest event of every chain that the journal knows, by organization.
    pub(crate) fn heads(&self) -> Vec<(String, Head)> {
        let mut heads: Vec<_> = self
            .anchors()
            .iter()
            .map(|(organization, head)| (organization.clone(), head.clone()))
            .collect();
        heads.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        heads
    }

    /// Whether the subject was revoked or removed for good.
    pub(crate) fn is_revoked(&self, subject: &Subject) -> bool {
        self.is_behind(subject, mark::REVOKED - 1)
    }

    /// The keys that the journal knows, by id.
    pub(crate) fn keys(&self) -> Vec<KeyId> {
        let mut keys: Vec<_> = self.floors().keys().map(KeyId).collect();
        keys.sort_unstable();
        keys
    }

    /// The actors that the journal knows, by id.
    pub(crate) fn actors(&self) -> Vec<ActorId> {
        self.known(|subject| {
            if let Subject::Actor(id) = subject {
                Some(ActorId(*id))
            } else {
                None
            }
        })
    }

    /// The APIs that the journal knows, by id.
    pub(crate) fn apis(&self) -> Vec<ApiId> {
        self.known(|subject| {
            if let Subject::Api(id) = subject {
                Some(ApiId(*id))
            } else {
                None
            }
        })
    }

    fn known<T: Ord>(&self, wanted: impl Fn(&Subject) -> Option<T>) -> Vec<T> {
        let mut found: Vec<_> = self
            .floors()
            .others()
            .filter_map(wanted)
            .collect();
        found.sort_unstable();
        found
    }

    /// Records what a committed transaction changed: in memory first, so that it takes effect even
    /// if the file cannot be written. Anchors are written to the file only together with other
    /// entries, or if `anchors` says so.
    pub(crate) fn record(&self, marks: Vec<Mark>, anchors: bool) -> Result<(), JournalFault> {
        let Some(file) = self
            .inner
            .file
            .as_ref()
            .filter(|_| anchors || self.must_write(&marks))
        else {
            self.apply(&marks);
            return Ok(());
        };
        // The file stays locked, so that no anchor is written before the entries that it covers.
        let mut file = lock(file);
        self.apply(&marks);
        file.append(&marks)
    }

    /// Whether these entries must be written to the file immediately.
    pub(crate) fn must_write(&self, marks: &[Mark]) -> bool {
        self.inner.file.is_some()
            && marks
                .iter()
                .any(|mark| !matches!(mark.subject, Subject::Head(_)))
    }

    /// Whether the file has every entry.
    pub(crate) fn is_complete(&self) -> bool {
        self.inner
            .file
            .as_ref()
            .is_none_or(|file| lock(file).is_complete())
    }

    /// Writes the anchors that are only in memory, and entries that could not be written before.
    pub(crate) fn write_anchors(&self, now: Moment) -> Result<(), JournalFault> {
        let Some(file) = &self.inner.file else {
            return Ok(());
        };
        let mut file = lock(file);
        let anchors = self.anchors().clone();
        file.append_anchors(anchors, now)
    }

    fn apply(&self, marks: &[Mark]) {
        if !self.inner.is_enabled {
            return;
        }
        let mut floors = self
            .inner
            .floors
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for mark in marks {
            match &mark.subject {
                Subject::Head(organization) => {
                    let head = Head {
                        n: mark.n,
                        hash: mark.hash.clone(),
                    };
                    let mut anchors = self.anchors();
                    let known = anchors.entry(organization.clone()).or_default();
                    if head.n > known.n {
                        *known = head;
                    }
                }
                subject => floors.raise(subject, mark.n),
            }
        }
    }

    fn floors(&self) -> RwLockReadGuard<'_, FloorTable> {
        self.inner
            .floors
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn anchors(&self) -> MutexGuard<'_, HashMap<String, Head>> {
        lock(&self.inner.anchors)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}
