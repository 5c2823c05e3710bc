//! Taking access away goes on when the disk is full.

use crate::{Engine, Error, Result};

/// How often room is made: once by giving up the reserve, and once more by emptying the write-ahead log that has grown
/// since.
const TIMES: usize = 2;

impl Engine {
    /// Runs what takes access away, in a transaction of [`crate::Db::begin_on_reserve`]; where it finds no space, makes
    /// room and runs it again.
    pub(crate) async fn making_room<T, F>(&self, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut done = attempt().await;
        for _ in 0..TIMES {
            if !matches!(&done, Err(Error::Busy(error)) if error.is_full()) {
                break;
            }
            self.db().make_room().await;
            done = attempt().await;
        }
        done
    }
}
