//! Backups: the manifest that describes one, and checks of a copy or of a restored database.
//!
//! A backup of SQLite is a folder with a copy of the database and a manifest. A backup of Postgres
//! is a manifest that is written before `pg_dump` reads the database.

mod check;

use serde::{Deserialize, Serialize};

use crate::runtime::Runtime;
use crate::store::{self, Connection, Db, StoreError, audit, meta};

pub use crate::store::audit::LogEnd;
pub use crate::store::{Place, PlacedFile, RowCounts};
pub use check::{check_copy, check_file, check_restored, check_usable};

/// The name of the manifest in the folder of a backup.
pub const MANIFEST: &str = "manifest.json";
/// The name of the copy of an SQLite database in the folder of a backup.
pub const DATABASE: &str = "roundtable.db";
/// The version of the format.
const FORMAT: u32 = 1;

domain::closed_set! {
    /// The kind of database that was backed up.
    pub enum DatabaseKind {
        /// A file.
        Sqlite = "sqlite",
        /// A server.
        Postgres = "postgres",
    }
}

/// What a backup contains. It has no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the format of the manifest.
    pub format_version: u32,
    /// The version of the program that made the backup.
    pub program_version: String,
    /// When it was made.
    pub created_at: String,
    /// The kind of database.
    pub database: DatabaseKind,
    /// What the database contained.
    #[serde(flatten)]
    pub contents: Contents,
    /// The copy of the database. None for Postgres, whose dump another program writes.
    pub file: Option<CopiedFile>,
}

/// What a database contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The newest migration.
    pub schema_version: i64,
    /// The ID of the installation, to which all seals and MACs are bound.
    pub installation: String,
    /// The IDs of the master keys that the key ring is encrypted with: one, unless a rewrap was
    /// interrupted.
    pub master_key_ids: Vec<String>,
    /// The end of the audit log of each organization.
    pub audit_logs: Vec<LogEnd>,
    /// The number of rows of a few tables.
    pub counts: RowCounts,
}

/// The copy of an SQLite database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedFile {
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hex.
    pub sha256: String,
}

impl Manifest {
    /// Describes a database.
    ///
    /// # Errors
    /// When the database does not answer; `Url` when it is not initialized.
    pub async fn of(
        db: &Db,
        file: Option<CopiedFile>,
        runtime: &Runtime,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            format_version: FORMAT,
            program_version: env!("CARGO_PKG_VERSION").into(),
            created_at: runtime.now().to_rfc3339(),
            database: if db.is_shared() {
                DatabaseKind::Postgres
            } else {
                DatabaseKind::Sqlite
            },
            contents: Contents::of(db).await?,
            file,
        })
    }

    /// Parses the text of a manifest.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let wrong = |error: serde_json::Error| format!("it is not a manifest: {error}");
        let Version { format_version } = serde_json::from_str(text).map_err(wrong)?;
        if format_version != FORMAT {
            return Err(format!(
                "its format is version {format_version}, and this program reads version {FORMAT}"
            ));
        }
        serde_json::from_str(text).map_err(wrong)
    }
}

impl Contents {
    /// Reads what a database contains.
    ///
    /// # Errors
    /// When the database does not answer; `Url` when it is not initialized.
    pub async fn of(db: &Db) -> Result<Self, StoreError> {
        let Some(schema_version) = store::schema(db).await?.version else {
            return Err(not_initialized());
        };
        let mut connection = db.read().await?;
        let ring = meta::ring(&mut connection).await?;
        let mut master_key_ids: Vec<_> = ring.into_iter().map(|row| row.kek_id).collect();
        master_key_ids.sort_unstable();
        master_key_ids.dedup();
        if master_key_ids.is_empty() {
            return Err(not_initialized());
        }
        Ok(Self {
            schema_version,
            installation: installation(&mut connection).await?,
            master_key_ids,
            audit_logs: audit::ends(&mut connection).await?,
            counts: store::counts(&mut connection).await?,
        })
    }
}

async fn installation(connection: &mut Connection) -> Result<String, StoreError> {
    let id = meta::get(connection, "deployment").await?;
    Ok(id.unwrap_or_default())
}

fn not_initialized() -> StoreError {
    StoreError::Url("the database is not initialized; run `roundtable init` once".into())
}
