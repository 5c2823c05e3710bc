//! `roundtable audit accept` and `roundtable restore`: going on after the operator has looked at an altered log, or has
//! restored a backup. The server does not run meanwhile.

use domain::OrganizationId;
use domain::token::Brand;
use engine::journal::Journal;
use engine::{Db, Engine, Runtime, keyring};

use super::{CliError, cannot_open, print_line};
use crate::config::{BadSetting, Options};

pub(super) async fn accept(options: &Options, organization: Option<&str>, reason: &str) -> Result<(), CliError> {
    let only: Option<OrganizationId> = organization.map(str::parse).transpose().map_err(|_| no_id())?;
    let reason = checked(reason)?;
    let engine = open(options).await?;
    let accepted = engine.accept_broken_chains(only.as_ref(), reason).await.map_err(failed)?;
    report(&accepted);
    Ok(())
}

pub(super) async fn restore(options: &Options, reason: &str) -> Result<(), CliError> {
    let reason = checked(reason)?;
    let engine = open(options).await?;
    report(&engine.accept_broken_chains(None, reason).await.map_err(failed)?);
    let replayed = engine.replay_journal(reason).await.map_err(failed)?;
    for key in &replayed.keys {
        print_line(&format!("Key {key} is revoked: it had ended or changed after the backup."));
    }
    for actor in &replayed.actors {
        print_line(&format!(
            "Actor {actor} had changed after the backup: look at their role, and whether they may act."
        ));
    }
    print_line("All sessions are ended. The server can be started.");
    Ok(())
}

fn report(accepted: &[(OrganizationId, i64)]) {
    for (organization, n) in accepted {
        print_line(&format!("The audit log of {organization} is accepted as it is from event {n} on."));
    }
    if accepted.is_empty() {
        print_line("No audit log is broken.");
    }
}

/// Opens everything as the server does, and alone: with another process at work this would not be the last word.
async fn open(options: &Options) -> Result<Engine, CliError> {
    let (key, previous) = (options.master_key()?, options.previous_master_key()?);
    let db = Db::open_to_serve(options.database_url()?).await.map_err(cannot_open)?;
    engine::migrate(&db).await?;
    let ring = keyring::open(&db, &key, previous.as_ref()).await?;
    let (runtime, file) = (Runtime::system(), options.journal_file(db.file())?);
    let journal = Journal::open(&file, &ring, runtime.now())?;
    let engine = Engine::with_journal(db, ring, runtime, Brand::default(), journal);
    engine.open_journal().await.map_err(failed)?;
    Ok(engine)
}

fn checked(reason: &str) -> Result<&str, CliError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.len() > 500 || reason.contains(char::is_control) {
        return Err(BadSetting("--reason must be one line of 1 to 500 bytes".into()).into());
    }
    Ok(reason)
}

fn no_id() -> CliError {
    BadSetting("--organization must be the id of an organization".into()).into()
}

fn failed(error: engine::Error) -> CliError {
    CliError::Other(format!("the database or the revocation journal does not answer: {error}"))
}
