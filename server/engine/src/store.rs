//! Rows and queries. One SQL text per query serves SQLite and Postgres; where the two must differ,
//! both texts stand next to each other.
//!
//! Reads take a [`Connection`], writes a [`Tx`]. Every query of an organization's data names the
//! organization.

pub mod actors;
mod after_commit;
pub mod apis;
pub mod audit;
mod ballast;
mod breaker;
pub mod call_counts;
mod connection;
mod copy;
mod database_url;
mod db;
pub mod device_requests;
pub mod drafts;
mod fault;
#[cfg(debug_assertions)]
pub mod faults;
mod file;
pub mod future_times;
pub mod idempotency_keys;
pub mod invitations;

pub mod keys;
mod lease;
pub mod meta;
pub mod nodes;
pub mod organizations;
pub mod people;
mod place;
mod postgres;
mod query_builder;
pub mod ring;
pub mod runs;
mod schema;
pub mod sealed;
pub mod sessions;
pub mod signing;
mod sqlite;
mod transaction;
pub mod usage;
pub mod workspaces;
mod writing;

use std::str::FromStr;

use domain::IpBlocks;
use tokio::task::JoinHandle;

pub(crate) use after_commit::{AfterCommit, Waiting};
pub use ballast::BALLAST;
pub(crate) use connection::Conn;
pub use connection::Connection;
pub use copy::RowCounts;
pub(crate) use copy::{counts, integrity_faults};
pub use db::Db;
pub use fault::StoreError;
pub use file::PlacedFile;
pub use lease::OpenConnections;
pub use meta::Support;
pub(crate) use meta::support;
pub use place::Place;
pub use postgres::DEFAULT_CONNECTIONS;
pub use schema::{Schema, own_support, schema};
pub(crate) use schema::{newest as newest_schema, run_migrations};
pub use transaction::Tx;

/// Runs a query that returns rows, on either database.
macro_rules! fetch {
    ($connection:expr, $conn:ident => $query:expr) => {{
        let health = $connection.health();
        let done = match $connection.conn() {
            $crate::store::Conn::Sqlite($conn) => health.run($query).await,
            $crate::store::Conn::Postgres($conn) => health.run($query).await,
        };
        $connection.noted(done)
    }};
}
pub(crate) use fetch;

/// Runs a statement that returns no rows, on either database. Gives the number of rows that it
/// changed.
macro_rules! execute {
    ($connection:expr, $conn:ident => $query:expr) => {{
        let health = $connection.health();
        let done = match $connection.conn() {
            $crate::store::Conn::Sqlite($conn) => health
                .run($query)
                .await
                .map(|done| done.rows_affected()),
            $crate::store::Conn::Postgres($conn) => health
                .run($query)
                .await
                .map(|done| done.rows_affected()),
        };
        $connection.noted(done)
    }};
}
pub(crate) use execute;

/// Starts a task that completes a part of an operation, even if the caller is dropped.
pub(crate) fn spawn_part<T: Send + 'static>(
    part: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    #[cfg(debug_assertions)]
    let part = faults::inherited(part);
    tokio::spawn(part)
}

/// Parses a column that holds a value of a closed set.
pub(crate) fn parse_column<T: FromStr>(text: &str, column: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Row(format!("{column} has an unknown value")))
}

/// Parses a column of blocks of IP addresses; null allows every address.
fn read_ips(line: Option<&str>, column: &str) -> Result<IpBlocks, StoreError> {
    line.unwrap_or_default()
        .parse()
        .map_err(|fault| StoreError::Row(format!("{column}: {fault:?}")))
}
