//! `roundtable restore DIR`: puts a backup in the place of the database, and revokes again what was
//! revoked after it.

use std::path::{Path, PathBuf};

use clap::Args;
use domain::token::Brand;
use engine::backup::{self, DatabaseKind, Manifest, Place};
use engine::journal::Journal;
use engine::keyring::{self, Ring};
use engine::{Db, Engine, Runtime};

use super::backup::read_manifest;
use super::{CliError, accept, cannot_open, print_line};
use crate::config::Options;

#[derive(Args, Debug)]
pub(super) struct RestoreArguments {
    /// Folder of a backup to put in the place of the database
    #[arg(
        value_name = "DIR",
        required_unless_present = "accept",
        conflicts_with = "accept"
    )]
    folder: Option<PathBuf>,
    /// Accept the lost events of a database that you have restored, and revoke again what the
    /// revocation journal lists as revoked
    #[arg(long)]
    accept: bool,
    /// Rename a database that is in the place
    #[arg(long, requires = "folder")]
    replace: bool,
    /// Restore although there is no revocation journal
    #[arg(long)]
    without_journal: bool,
    /// Reason for the audit log
    #[arg(long, default_value = "restored from a backup")]
    reason: String,
}

pub(super) async fn run(options: &Options, arguments: &RestoreArguments) -> Result<(), CliError> {
    let reason = accept::checked(&arguments.reason)?;
    match &arguments.folder {
        Some(folder) => {
            let engine = restore(options, folder, arguments).await?;
            accept::finish_restore(&engine, reason).await
        }
        None => accept::restore(options, reason, arguments.without_journal).await,
    }
}

/// Checks the backup and everything that it needs, and only then touches the database. The place
/// stays locked, so that no server starts before the journal was applied.
async fn restore(
    options: &Options,
    folder: &Path,
    arguments: &RestoreArguments,
) -> Result<Engine, CliError> {
    let place = Place::lock(&options.database_url()?).map_err(cannot_open)?;
    if place.is_taken() && !arguments.replace {
        return Err(CliError::Usage(format!(
            "there is a database at {}: add --replace to rename it",
            place.path().display()
        )));
    }
    let manifest = read_manifest(folder)?;
    let file = folder.join(backup::DATABASE);
    check(folder, &file, &manifest).await?;

    let runtime = Runtime::system();
    let ring = open_ring(options, &file).await?;
    let journal_file = options.journal_file(Some(place.path()))?;
    if !journal_file.exists() && !arguments.without_journal {
        return Err(accept::no_journal(
            &journal_file,
            &manifest.created_at,
        ));
    }
    let journal = Journal::open(&journal_file, &ring, runtime.now())?;

    let now = runtime.now().to_rfc3339().replace([':', '-'], "");
    let ending = format!(".replaced-{now}");
    let path = place.path().to_owned();
    let (placed, aside) = place.put(&file, &ending).map_err(cannot_open)?;
    if let Some(aside) = aside {
        print_line(&format!(
            "The database that was there is now {}.",
            aside.display()
        ));
    }
    let db = Db::open_placed(placed).await?;
    engine::migrate(&db).await?;
    let engine = Engine::with_journal(db, ring, runtime, Brand::default(), journal);
    engine
        .open_journal()
        .await
        .map_err(accept::failed)?;
    print_line(&format!(
        "Restored the backup of {} to {}.",
        manifest.created_at,
        path.display()
    ));
    Ok(engine)
}

/// Opens the key ring of a backup, before anything depends on it.
async fn open_ring(options: &Options, file: &Path) -> Result<Ring, CliError> {
    let copy = Db::open_copy(file).await?;
    let key = options.master_key()?;
    let previous = options.previous_master_key()?;
    let ring = keyring::open(&copy, &key, previous.as_ref()).await?;
    copy.close().await;
    Ok(ring)
}

/// Refuses a backup that cannot be restored. An altered audit log is no obstacle: the organization
/// was on hold when the backup was made.
async fn check(folder: &Path, file: &Path, manifest: &Manifest) -> Result<(), CliError> {
    if manifest.database == DatabaseKind::Postgres {
        return Err(CliError::Usage(
            "this is the manifest of a Postgres database: restore its dump with pg_restore, \
             then run `roundtable backup verify` and `roundtable restore --accept`"
                .into(),
        ));
    }
    let unusable = |why: &str| {
        CliError::Other(format!(
            "{} cannot be restored: {why}",
            folder.display()
        ))
    };
    let differs = backup::check_file(file, manifest)
        .map_err(|error| unusable(&format!("cannot read {}: {error}", file.display())))?;
    if let Some(fault) = differs {
        return Err(unusable(&fault));
    }
    let copy = Db::open_copy(file).await?;
    let faults = backup::check_usable(&copy).await?;
    copy.close().await;
    faults
        .first()
        .map_or(Ok(()), |fault| Err(unusable(fault)))
}
