//! Taking access away works on a full disk.

use crate::{Engine, Error, Result};

/// Retries: after giving up the reserve, and after emptying the write-ahead log, which has grown
/// since.
const RETRIES: usize = 2;

impl Engine {
    /// Runs an operation that takes access away, in a transaction of
    /// [`crate::Db::begin_on_reserve`]. If the disk is full, frees space and runs it again.
    pub(crate) async fn retry_with_free_space<T, F>(&self, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut result = attempt().await;
        for _ in 0..RETRIES {
            let is_full = matches!(&result, Err(Error::Busy(error)) if error.is_full());
            if !is_full {
                break;
            }
            self.db().free_space().await;
            result = attempt().await;
        }
        result
    }
}
