//! Reading a row that must agree with the audit log and the revocation journal.

use crate::store::actors::ActorRow;
use crate::store::keys::{KeyRow, PresentedRow};
use crate::{Engine, Error, Result};

/// A row that carries the number of the audit event that last changed it.
pub(crate) trait Numbered {
    /// What differs between two versions of the row.
    type Version: PartialEq + Send;
    /// The number of the event that last changed the row.
    fn version(&self) -> Self::Version;
    /// Logs that the row was altered, and gives the error for the caller.
    fn altered(&self) -> Error;
}

/// Reads a row until it is sound. A change that is committed between the read and the check looks
/// like an alteration, but another read then finds a newer version. A row of which two reads find
/// the same version was altered.
///
/// # Errors
/// `Unauthenticated` for an altered row; the errors of `read`.
pub(crate) async fn read_sound<R: Numbered, F>(
    read: impl Fn() -> F,
    is_sound: impl Fn(&R) -> bool,
) -> Result<Option<R>>
where
    F: Future<Output = Result<Option<R>>> + Send,
{
    let mut suspect = None;
    while let Some(row) = read().await? {
        if is_sound(&row) {
            return Ok(Some(row));
        }
        if suspect == Some(row.version()) {
            return Err(row.altered());
        }
        suspect = Some(row.version());
    }
    Ok(None)
}

impl Engine {
    /// An actor's row, read until it is sound.
    pub(crate) async fn read_actor<F>(&self, read: impl Fn() -> F) -> Result<Option<ActorRow>>
    where
        F: Future<Output = Result<Option<ActorRow>>> + Send,
    {
        read_sound(read, |row| self.is_sound(row)).await
    }
}

impl Numbered for ActorRow {
    type Version = i64;

    fn version(&self) -> i64 {
        self.audit_n
    }

    fn altered(&self) -> Error {
        tracing::error!(
            actor_id = self.id,
            organization = self.organization_id,
            "integrity failure: the actor's row was altered"
        );
        Error::Unauthenticated("the actor's row was altered")
    }
}

impl Numbered for PresentedRow {
    type Version = (i64, i64);

    fn version(&self) -> (i64, i64) {
        (self.key.audit_n, self.owner.audit_n)
    }

    fn altered(&self) -> Error {
        let KeyRow {
            id,
            organization_id,
            ..
        } = &self.key;
        tracing::error!(
            key_id = id,
            organization = organization_id,
            actor_id = self.owner.id,
            "integrity failure: the row of the key or of its owner was altered"
        );
        Error::Unauthenticated("the row of the key or of its owner was altered")
    }
}
