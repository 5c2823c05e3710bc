//! Rows and queries. One SQL text per query, for SQLite and Postgres alike; where the two must differ, both texts
//! stand next to each other.
//!
//! Reads take a [`Link`], writes a [`Tx`]. Every query of an organization's data names the organization.

pub mod actors;
mod address;
mod ask;
pub mod audit;
mod ballast;
mod breaker;
mod db;
pub mod drafts;
mod fault;
mod file;
pub mod heal;
pub mod invitations;
mod journaled;
pub mod keys;
mod lease;
mod link;
pub mod meta;
pub mod once;
pub mod organizations;
pub mod people;
mod postgres;
pub mod runs;
pub mod sealed;
pub mod sessions;
pub mod signing;
mod sqlite;
pub mod usage;
pub mod workspaces;
mod writing;

use std::str::FromStr;

pub use ballast::BALLAST;
pub use db::Db;
pub use fault::StoreError;
pub(crate) use journaled::Journaled;
pub(crate) use link::Conn;
pub use link::{Link, Tx};

/// Runs one query, written once, on whichever database the link leads to.
macro_rules! on {
    ($link:expr, $conn:ident => $query:expr) => {{
        let watch = $link.watch();
        let done = match $link.conn() {
            $crate::store::Conn::Sqlite($conn) => watch.run($query).await,
            $crate::store::Conn::Postgres($conn) => watch.run($query).await,
        };
        $link.noted(done)
    }};
}
pub(crate) use on;

/// As [`on!`], for a statement that answers nothing: gives the number of rows it changed.
macro_rules! run {
    ($link:expr, $conn:ident => $query:expr) => {{
        let watch = $link.watch();
        let done = match $link.conn() {
            $crate::store::Conn::Sqlite($conn) => watch.run($query).await.map(|done| done.rows_affected()),
            $crate::store::Conn::Postgres($conn) => watch.run($query).await.map(|done| done.rows_affected()),
        };
        $link.noted(done)
    }};
}
pub(crate) use run;

/// Brings the tables up to date; resumes where it stopped, and refuses tables newer than this program.
///
/// # Errors
/// When a migration fails.
pub async fn migrate(db: &Db) -> Result<(), StoreError> {
    match db {
        Db::Sqlite { writer, .. } => sqlx::migrate!("migrations/sqlite").run(writer.pool()).await?,
        Db::Postgres { pool, .. } => sqlx::migrate!("migrations/postgres").run(pool.pool()).await?,
    }
    Ok(())
}

/// Reads a word of a closed set back from a row.
pub(crate) fn word<T: FromStr>(text: &str, column: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Row(format!("{column} holds an unknown word")))
}
