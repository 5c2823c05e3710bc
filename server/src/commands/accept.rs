//! `roundtable audit accept` and `roundtable restore`: accept an altered audit log or a restored
//! backup after the operator has investigated. The server must be stopped.

use domain::OrganizationId;
use domain::token::Brand;
use engine::journal::Journal;
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

/// Accepts a database that was restored by other means.
pub(super) async fn restore(options: &Options, reason: &str) -> Result<(), CliError> {
    let engine = open(options).await?;
    finish_restore(&engine, reason).await
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

/// Opens the database like the server does, with the same lock: a running server would add events
/// meanwhile.
pub(super) async fn open(options: &Options) -> Result<Engine, CliError> {
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
    let runtime = Runtime::system();
    let file = options.journal_file(db.file())?;
    let journal = Journal::open(&file, &ring, runtime.now())?;
    let engine = Engine::with_journal(db, ring, runtime, Brand::default(), journal);
    engine.open_journal().await.map_err(failed)?;
    Ok(engine)
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
