//! `roundtable backup`: a consistent copy of the database next to a running server, and its check.

mod archive;
mod folder;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use domain::Moment;
use engine::backup::{self, CopiedFile, DatabaseKind, Manifest};
use engine::keyring::{self, Ring, RingFault};
use engine::{Db, Runtime};

use self::folder::BackupDraft;
use super::{CliError, cannot_open, database_to_read, print_line};
use crate::config::{Options, table};

pub(super) use self::folder::read_manifest;

/// Faults that are printed. One alteration can cause many.
const MAX_FAULTS: usize = 50;

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct BackupArguments {
    /// Folder to create, or - to write a tar archive to standard output
    #[arg(value_name = "DIR", required = true)]
    target: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<BackupCommand>,
}

#[derive(Subcommand, Debug)]
enum BackupCommand {
    /// Check that a backup is complete and unaltered
    ///
    /// For a backup of Postgres, checks the database that you restored from its dump. If there is a
    /// master key, also checks that it opens the key ring of the backup.
    Verify {
        /// Folder of the backup
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

pub(super) async fn run(options: &Options, arguments: &BackupArguments) -> Result<(), CliError> {
    match (&arguments.command, &arguments.target) {
        (Some(BackupCommand::Verify { folder }), _) => verify(options, folder).await,
        (None, Some(target)) => create(options, target).await,
        (None, None) => Err(CliError::Usage("name a folder to create".into())),
    }
}

/// Writes a backup. Whatever interrupts it, no folder with the name of the backup exists then.
async fn create(options: &Options, target: &Path) -> Result<(), CliError> {
    let to_output = target == Path::new("-");
    if to_output && std::io::stdout().is_terminal() {
        return Err(CliError::Usage(
            "a tar archive is not written to a terminal: redirect the output to a file".into(),
        ));
    }
    let db = database_to_read(options).await?;
    let draft = if to_output {
        BackupDraft::temporary()
    } else {
        BackupDraft::next_to(target)
    };
    let draft = draft.map_err(CliError::Other)?;
    let manifest = tokio::select! {
        manifest = fill(&db, &draft) => manifest?,
        () = listener::asked_to_stop() => {
            return Err(CliError::Other("the backup was interrupted".into()));
        }
    };
    if to_output {
        let at = Moment::parse(&manifest.created_at).map_or(0, |at| at.0 / 1_000);
        let at = u64::try_from(at).unwrap_or_default();
        return archive::write(draft.path(), at, std::io::stdout().lock())
            .map_err(|error| CliError::Other(format!("cannot write the archive: {error}")));
    }
    draft.publish(target).map_err(CliError::Other)?;
    report(&manifest, target);
    db.close().await;
    Ok(())
}

/// Writes the copy and the manifest. The manifest of SQLite describes the copy, which is a snapshot.
async fn fill(db: &Db, draft: &BackupDraft) -> Result<Manifest, CliError> {
    let runtime = Runtime::system();
    let manifest = if db.is_shared() {
        Manifest::of(db, None, &runtime)
            .await
            .map_err(cannot_open)?
    } else {
        let path = draft.path().join(backup::DATABASE);
        db.copy_to(&path).await.map_err(cannot_copy)?;
        let copy = Db::open_copy(&path).await?;
        let file = file_of(&path).await?;
        let manifest = Manifest::of(&copy, Some(file), &runtime)
            .await
            .map_err(cannot_open)?;
        copy.close().await;
        manifest
    };
    draft
        .write_manifest(&manifest)
        .map_err(CliError::Other)?;
    Ok(manifest)
}

async fn file_of(path: &Path) -> Result<CopiedFile, CliError> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || CopiedFile::of(&path)).await;
    read.map_err(|error| CliError::Other(error.to_string()))?
        .map_err(|error| CliError::Other(format!("cannot read the copy: {error}")))
}

fn cannot_copy(error: engine::StoreError) -> CliError {
    CliError::Other(format!("the database cannot be copied: {error}"))
}

fn report(manifest: &Manifest, target: &Path) {
    let counts = &manifest.contents.counts;
    let target = target.display();
    let what = format!(
        "{} organizations, {} API keys and {} audit events",
        counts.organizations, counts.api_keys, counts.audit_events
    );
    match &manifest.file {
        Some(_) => {
            print_line(&format!("Backed up {what} to {target}."));
            print_line(&format!("Next: roundtable backup verify {target}"));
        }
        None => {
            print_line(&format!(
                "Described {what} in {target}/{}.",
                backup::MANIFEST
            ));
            print_line(&format!(
                "Next: dump the database with pg_dump --format=custom --file={target}/roundtable.dump"
            ));
        }
    }
    print_line(&format!(
        "The backup does not contain the master key {}, which it needs.",
        manifest.contents.master_key_ids.join(", ")
    ));
}

/// Checks a backup, and prints what is wrong with it.
async fn verify(options: &Options, folder: &Path) -> Result<(), CliError> {
    let manifest = read_manifest(folder)?;
    let mut lines = Vec::new();
    let mut faults = match manifest.database {
        DatabaseKind::Sqlite => verify_copy(options, folder, &manifest, &mut lines).await?,
        DatabaseKind::Postgres => verify_restored(options, &manifest, &mut lines).await?,
    };
    faults.truncate(MAX_FAULTS);
    for fault in &faults {
        print_line(&format!("Wrong: {fault}."));
    }
    for line in lines {
        print_line(&line);
    }
    if faults.is_empty() {
        let at = &manifest.created_at;
        let what = match manifest.database {
            DatabaseKind::Sqlite => "backup",
            DatabaseKind::Postgres => "database with the manifest",
        };
        print_line(&format!(
            "The {what} of {at} is complete and unaltered."
        ));
        return Ok(());
    }
    Err(CliError::Other(format!(
        "{} cannot be used as a backup",
        folder.display()
    )))
}

async fn verify_copy(
    options: &Options,
    folder: &Path,
    manifest: &Manifest,
    lines: &mut Vec<String>,
) -> Result<Vec<String>, CliError> {
    let path = folder.join(backup::DATABASE);
    let differs = backup::check_file(&path, manifest)
        .map_err(|error| CliError::Other(format!("cannot read {}: {error}", path.display())))?;
    if let Some(fault) = differs {
        return Ok(vec![fault]);
    }
    let copy = Db::open_copy(&path).await?;
    let ring = ring(options, &copy, lines).await?;
    let faults = backup::check_copy(&copy, manifest, ring.as_ref()).await?;
    copy.close().await;
    Ok(faults)
}

async fn verify_restored(
    options: &Options,
    manifest: &Manifest,
    lines: &mut Vec<String>,
) -> Result<Vec<String>, CliError> {
    if options.database_url()?.starts_with("sqlite:") {
        return Err(CliError::Usage(format!(
            "this is the manifest of a Postgres database: set {} to the database that you restored from its dump",
            options.name(&table::DATABASE_URL)
        )));
    }
    let db = database_to_read(options).await?;
    let ring = ring(options, &db, lines).await?;
    let faults = backup::check_restored(&db, manifest, ring.as_ref()).await?;
    db.close().await;
    Ok(faults)
}

/// The key ring, if there is a master key. A backup can also be checked on a machine without it.
async fn ring(
    options: &Options,
    db: &Db,
    lines: &mut Vec<String>,
) -> Result<Option<Ring>, CliError> {
    let is_given = options.has(&table::MASTER_KEY) || options.has(&table::MASTER_KEY_FILE);
    if !is_given && !options.master_key_path().exists() {
        lines.push(
            "Not checked, because there is no master key: whether it opens the key ring, and the MACs of the audit events."
                .into(),
        );
        return Ok(None);
    }
    let key = options.master_key()?;
    let previous = options.previous_master_key()?;
    let opened: Result<Ring, RingFault> = keyring::open(db, &key, previous.as_ref()).await;
    Ok(Some(opened?))
}
