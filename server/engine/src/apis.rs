//! The APIs that an organization protects with keys (decision D32): one file per operation.

mod change;
mod create;
mod get;
mod list;

use domain::ConflictReason;
use domain::environment::Environment;

use crate::error::conflict;
use crate::store::apis::ApiRow;
use crate::{Engine, Error, Result};

impl Engine {
    /// Refuses to change an altered row: sealing it again would make the alteration valid.
    pub(crate) fn require_sound_api(&self, row: &ApiRow) -> Result<()> {
        if row.is_sound(self.ring(), self.journal()) {
            return Ok(());
        }
        Err(Error::Broken(format!(
            "the row of API {} was altered",
            row.id
        )))
    }

    /// Refuses to create a key for an API whose row was altered, or which is archived.
    pub(crate) fn require_open_api(&self, row: &ApiRow) -> Result<()> {
        self.require_sound_api(row)?;
        match row.archived_at {
            Some(_) => Err(conflict(ConflictReason::ApiIsArchived)),
            None => Ok(()),
        }
    }
}

/// Environments as the database stores them.
fn environment_words(environments: &[Environment]) -> String {
    let words: Vec<_> = environments
        .iter()
        .map(|one| one.as_str())
        .collect();
    words.join(" ")
}
