//! Database errors.

use std::io::{self, ErrorKind};

/// SQLite's result codes, primary or extended, of a write that found no space. Some file systems
/// report it late, when the data is synchronized or the index of the write-ahead log grows.
const FULL: [&str; 4] = ["13", "778", "1034", "4874"];
/// SQLite's primary result codes of a database file that cannot be written: I/O error, read-only,
/// corrupt, full, cannot be opened, not a database.
const UNWRITABLE: [u16; 6] = [8, 10, 11, 13, 14, 26];

/// A database failure, never to be read as "not found".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database, or the connection to it.
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    /// The revocation journal, after the commit.
    #[error(transparent)]
    Journal(#[from] crate::journal::JournalFault),
    /// A migration.
    #[error(transparent)]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A newer program has migrated the database, so that this one cannot serve it.
    #[error(
        "the tables are newer than this program: use the newest program that has served the database"
    )]
    NewerTables,
    /// The pending migrations stop programs that serve the database.
    #[error(
        "the upgrade changes tables that older programs cannot serve: stop every server first ({0} still running)"
    )]
    OlderNodes(usize),
    /// The URL of the database cannot be used.
    #[error("{0}")]
    Url(String),
    /// The database server is unreachable.
    #[error("{0}")]
    Away(String),
    /// The database file was moved, deleted or replaced.
    #[error("{0}")]
    File(String),
    /// A file next to the database.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The disk is full and the reserve is in use, or a write has failed a moment ago. Only
    /// operations that take access away are written.
    #[error(
        "the disk is full or failed to write: only revocations are possible until it writes again"
    )]
    Reserved,
    /// A row has an invalid value.
    #[error("row: {0}")]
    Row(String),
}

impl StoreError {
    /// Whether a write found no space on the disk.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| FULL.contains(&&*code)),
            Self::Disk(error) => matches!(
                error.kind(),
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded
            ),
            Self::Reserved => true,
            _ => false,
        }
    }

    /// Whether the database cannot be written to at the moment, whatever the statement.
    pub(super) fn stops_writing(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| is_unwritable(&code)),
            Self::Sqlx(sqlx::Error::RowNotFound) | Self::Row(_) => false,
            _ => true,
        }
    }
}

/// SQLite's codes, and Postgres's classes: read-only, resources, operator intervention, system
/// errors.
fn is_unwritable(code: &str) -> bool {
    match code.len() {
        5 => {
            code == "25006"
                || ["53", "57P", "58", "XX"]
                    .iter()
                    .any(|class| code.starts_with(class))
        }
        _ => code
            .parse::<u16>()
            .is_ok_and(|code| UNWRITABLE.contains(&(code & 0xff))),
    }
}
