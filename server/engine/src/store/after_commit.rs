//! What a commit has to reach besides the database.

use std::pin::Pin;

use domain::view::Stopped;
use tokio::time::Instant;

use super::{Connection, StoreError};
use crate::journal::Journal;
use crate::key_table::AuthorityChange;

/// A result that is waited for.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a commit has to reach: the revocation journal, the keys in memory, the requests in flight,
/// and the other nodes.
pub trait AfterCommit: Send + Sync {
    /// The journal of this process.
    fn journal(&self) -> &Journal;

    /// Appends the changes to the transaction, for the other nodes. Gives the number of the last
    /// one, or of the last earlier one if there are none. None if no other node can share the
    /// database.
    fn number<'a>(
        &'a self,
        connection: &'a mut Connection,
        changes: &'a [AuthorityChange],
    ) -> Waiting<'a, Result<Option<i64>, StoreError>>;

    /// Notes whether the database confirmed the commit of the changes up to this number. One that it
    /// did not confirm may take effect later.
    fn note_commit(&self, number: Option<i64>, changes: &[AuthorityChange], is_confirmed: bool);

    /// Drops the keys of the commits that were not confirmed from memory once more, and cancels their
    /// requests in flight, except one.
    fn announce_unconfirmed(&self, spared: Option<u64>);

    /// Drops the changed keys from memory, and cancels the requests in flight with the weakened
    /// ones, except one.
    fn announce(&self, changes: &[AuthorityChange], spared: Option<u64>);

    /// Waits until the requests that were cancelled have ended here, and every other node has seen
    /// the change of this number or no longer has a lease from before it. The connection is the one
    /// that committed at `since`. Without a number, no other node shares the database. A repetition
    /// waits until this node has seen the change too, which another one may have made.
    fn wait(
        &self,
        connection: Connection,
        number: Option<i64>,
        since: Instant,
        is_repeated: bool,
    ) -> Waiting<'_, Stopped>;
}
