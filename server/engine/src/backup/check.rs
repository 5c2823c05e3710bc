//! Checks of a backup: of the copy in its folder, and of a database that was restored from a dump.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Contents, CopiedFile, LogEnd, Manifest};
use crate::audit::{ChainReader, verify_chain};
use crate::keyring::Ring;
use crate::store::{self, Db, StoreError, audit, organizations};

impl CopiedFile {
    /// Reads a file to its end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut hasher = Sha256::new();
        let mut size = 0;
        let mut block = vec![0; 256 * 1024];
        loop {
            let read = file.read(&mut block)?;
            if read == 0 {
                break;
            }
            hasher.update(&block[..read]);
            size += read as u64;
        }
        Ok(Self {
            size,
            sha256: hex::encode(hasher.finalize()),
        })
    }
}

/// Compares a file with its size and its hash in the manifest. Gives what differs.
///
/// # Errors
/// When the file cannot be read.
pub fn check_file(path: &Path, manifest: &Manifest) -> io::Result<Option<String>> {
    let Some(expected) = &manifest.file else {
        return Ok(Some("the manifest names no file".into()));
    };
    let found = CopiedFile::of(path)?;
    Ok(if found.size != expected.size {
        Some(format!(
            "{} has {} bytes instead of {}",
            path.display(),
            found.size,
            expected.size
        ))
    } else if found.sha256 != expected.sha256 {
        Some(format!("the SHA-256 of {} differs", path.display()))
    } else {
        None
    })
}

/// Compares a copy with its manifest, lets SQLite check the file, and verifies all audit logs.
/// Gives what is wrong, one sentence each. Without the ring, only the hashes of events are verified.
///
/// # Errors
/// When the copy cannot be read.
pub async fn check_copy(
    db: &Db,
    manifest: &Manifest,
    ring: Option<&Ring>,
) -> Result<Vec<String>, StoreError> {
    let mut faults = check_usable(db).await?;
    let (found, expected) = (Contents::of(db).await?, &manifest.contents);
    let differs = |what: &str| format!("{what} of the copy and of the manifest differ");
    let pairs = [
        (
            found.schema_version == expected.schema_version,
            "the schema versions",
        ),
        (
            found.installation == expected.installation,
            "the installations",
        ),
        (
            found.master_key_ids == expected.master_key_ids,
            "the master keys",
        ),
        (
            found.audit_logs == expected.audit_logs,
            "the ends of the audit logs",
        ),
        (found.counts == expected.counts, "the numbers of rows"),
    ];
    let different = pairs.into_iter().filter(|(is_same, _)| !is_same);
    faults.extend(different.map(|(_, what)| differs(what)));
    faults.extend(check_chains(db, ring).await?);
    Ok(faults)
}

/// Compares a database with the manifest that was written before it was dumped, and verifies all
/// audit logs: the events of the manifest must be there, and newer ones may be. Gives what is wrong,
/// one sentence each.
///
/// # Errors
/// When the database does not answer.
pub async fn check_restored(
    db: &Db,
    manifest: &Manifest,
    ring: Option<&Ring>,
) -> Result<Vec<String>, StoreError> {
    let mut faults = check_schema(db).await?;
    let (found, expected) = (Contents::of(db).await?, &manifest.contents);
    if found.installation != expected.installation {
        faults.push("the database belongs to another installation than the manifest".into());
        return Ok(faults);
    }
    if found.schema_version < expected.schema_version {
        faults.push("the tables are older than the manifest".into());
    }
    let mut connection = db.read().await?;
    let known = organizations::all(&mut connection).await?;
    for LogEnd {
        organization_id,
        n,
        hash,
        ..
    } in &expected.audit_logs
    {
        let organization = known
            .iter()
            .find(|known| known.as_str() == organization_id);
        let Some(organization) = organization else {
            faults.push(format!("{organization_id} is missing"));
            continue;
        };
        let found = audit::hash_of(&mut connection, organization, *n).await?;
        let cut = ChainReader::new(ring, organization)
            .cut(&mut connection)
            .await?
            .mark;
        let was_removed = *n < cut.n || *n == cut.n && *hash == hex::encode(&cut.hash);
        if *n > 0 && !was_removed && found.map(hex::encode).as_ref() != Some(hash) {
            faults.push(format!(
                "event {n} of {organization}, the newest one of the manifest, is missing or another one"
            ));
        }
    }
    drop(connection);
    faults.extend(check_chains(db, ring).await?);
    Ok(faults)
}

/// Checks that this program can use the tables of a copy, and lets SQLite check the file. Gives what
/// is wrong, one sentence each.
///
/// # Errors
/// When the copy cannot be read.
pub async fn check_usable(db: &Db) -> Result<Vec<String>, StoreError> {
    let mut faults = check_schema(db).await?;
    let damage = store::integrity_faults(&mut db.read().await?).await?;
    let said = |line| format!("the file is damaged: {line}");
    faults.extend(damage.into_iter().map(said));
    Ok(faults)
}

async fn check_schema(db: &Db) -> Result<Vec<String>, StoreError> {
    let schema = store::schema(db).await?;
    let mut faults = Vec::new();
    if !schema.can_be_served() {
        faults.push("the tables are newer than this program".into());
    }
    if let Some(version) = schema.unfinished {
        faults.push(format!("migration {version} was not finished"));
    }
    Ok(faults)
}

async fn check_chains(db: &Db, ring: Option<&Ring>) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    let organizations = organizations::all(&mut db.read().await?).await?;
    for organization in organizations {
        if let Some(n) = verify_chain(db, ring, &organization)
            .await?
            .broken_at
        {
            faults.push(format!(
                "event {n} of {organization} was altered, removed or added"
            ));
        }
    }
    Ok(faults)
}
