//! `roundtable audit accept` and `roundtable restore`: accept an altered audit log or a restored
//! backup after the operator has investigated. The server must be stopped.

use std::path::{Path, PathBuf};

use domain::OrganizationId;
use domain::token::Brand;
use engine::journal::Journal;
use engine::keyring::Ring;
use engine::{Db, Engine, Runtime, keyring};

use super::{CliError, cannot_open, print_line};
use crate::config::{BadSetting, Options};

pub(super) async fn accept(
    options: &Options,
    organization: Option<&str>,
    reason: &str,
) -> Result<(), CliError> {
    let only = self::organization(organization)?;
    let reason = checked(reason)?;
    let engine = open(options).await?;
    let accepted = engine
        .accept_broken_chains(only.as_ref(), reason)
        .await
        .map_err(failed)?;
    report(&accepted);
    Ok(())
}

/// Accepts a database that was restored by other means. Refuses without a journal, unless the
/// operator says that it is lost.
pub(super) async fn restore(
    options: &Options,
    reason: &str,
    without_journal: bool,
) -> Result<(), CliError> {
    let locked = lock(options).await?;
    if !locked.journal_file.exists() && !without_journal {
        return Err(no_journal(&locked.journal_file, "the backup"));
    }
    finish_restore(&locked.open().await?, reason).await
}

/// The refusal to restore a backup that was made `then` without a journal.
pub(super) fn no_journal(file: &Path, then: &str) -> CliError {
    CliError::Usage(format!(
        "there is no revocation journal at {}: keys that were revoked after {then} would be valid again; \
         put the journal there, or add --without-journal",
        file.display()
    ))
}

/// Accepts the lost events of a restored database, and revokes again what the journal lists.
pub(super) async fn finish_restore(engine: &Engine, reason: &str) -> Result<(), CliError> {
    report(
        &engine
            .accept_broken_chains(None, reason)
            .await
            .map_err(failed)?,
    );
    let replayed = engine
        .replay_journal(reason)
        .await
        .map_err(failed)?;
    for key in &replayed.keys {
        print_line(&format!(
            "Key {key} is revoked: it was revoked or changed after the backup."
        ));
    }
    for actor in &replayed.actors {
        print_line(&format!(
            "Actor {actor} was changed after the backup: check their role and whether they should be active."
        ));
    }
    print_line("All sessions are revoked. Next: roundtable serve");
    Ok(())
}

fn report(accepted: &[(OrganizationId, i64)]) {
    for (organization, n) in accepted {
        print_line(&format!(
            "The audit log of {organization} is accepted as it is from event {n} on."
        ));
    }
    if accepted.is_empty() {
        print_line("No audit log is broken.");
    }
}

/// A database that is locked like by a server: a running one would add events meanwhile.
struct Locked {
    db: Db,
    ring: Ring,
    journal_file: PathBuf,
}

/// Opens the database like the server does, with the same lock.
pub(super) async fn open(options: &Options) -> Result<Engine, CliError> {
    lock(options).await?.open().await
}

async fn lock(options: &Options) -> Result<Locked, CliError> {
    let key = options.master_key()?;
    let previous = options.previous_master_key()?;
    let db = Db::open_to_serve(
        &options.database_url()?,
        options.database_connections()?,
    )
    .await
    .map_err(cannot_open)?;
    engine::migrate(&db).await?;
    let ring = keyring::open(&db, &key, previous.as_ref()).await?;
    let journal_file = options.journal_file(db.file())?;
    Ok(Locked {
        db,
        ring,
        journal_file,
    })
}

impl Locked {
    /// Opens the journal, which is created if there is none.
    async fn open(self) -> Result<Engine, CliError> {
        let runtime = Runtime::system();
        let journal = Journal::open(&self.journal_file, &self.ring, runtime.now())?;
        let engine = Engine::with_journal(self.db, self.ring, runtime, Brand::default(), journal);
        engine.open_journal().await.map_err(failed)?;
        Ok(engine)
    }
}

/// The ID of an organization, if one is given.
pub(super) fn organization(text: Option<&str>) -> Result<Option<OrganizationId>, CliError> {
    text.map(str::parse)
        .transpose()
        .map_err(|_| BadSetting("--organization must be the ID of an organization".into()).into())
}

pub(super) fn checked(reason: &str) -> Result<&str, CliError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > 500 || reason.contains(char::is_control) {
        return Err(BadSetting("--reason must be one line of 1 to 500 bytes".into()).into());
    }
    Ok(reason)
}

pub(super) fn failed(error: engine::Error) -> CliError {
    CliError::Other(format!(
        "the database or the revocation journal is unavailable: {error}"
    ))
}
