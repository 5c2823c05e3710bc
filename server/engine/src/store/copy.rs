//! Copying an SQLite database, and checking a copy.

use std::fs::{File, OpenOptions};
use std::path::Path;

use super::{Connection, Db, StoreError, fetch};

/// The rows of a few tables.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow, serde::Serialize, serde::Deserialize)]
pub struct RowCounts {
    /// Organizations.
    pub organizations: i64,
    /// Users who have signed in.
    pub people: i64,
    /// Members, service accounts and consumers.
    pub actors: i64,
    /// API keys, also revoked and expired ones.
    pub api_keys: i64,
    /// Workspaces.
    pub workspaces: i64,
    /// Events of all audit logs.
    pub audit_events: i64,
}

impl Db {
    /// Writes a consistent copy of an SQLite database to a new file that only its owner can read.
    /// Other connections can write meanwhile, and the copy does not have what they write.
    ///
    /// # Errors
    /// When the database cannot be read or the file cannot be written; `Url` on Postgres.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let Self::Sqlite { reader, .. } = self else {
            return Err(StoreError::Url(
                "only an SQLite file can be copied".into(),
            ));
        };
        // SQLite would create the file with other permissions. It accepts an empty one.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?;
        let name = path
            .to_str()
            .ok_or_else(|| StoreError::Url("the path of a copy must be UTF-8".into()))?;

        let mut lease = reader.lease().await?;
        sqlx::query("VACUUM INTO $1")
            .bind(name)
            .execute(lease.conn())
            .await?;
        lease.completed();
        // SQLite does not synchronize what it writes here.
        File::open(path)?.sync_all()?;
        Ok(())
    }
}

/// RowCounts rows, in one statement so that the numbers belong together.
pub async fn counts(connection: &mut Connection) -> Result<RowCounts, StoreError> {
    const SQL: &str = "SELECT (SELECT COUNT(*) FROM organizations) AS organizations, (SELECT COUNT(*) FROM people) AS people, \
         (SELECT COUNT(*) FROM actors) AS actors, (SELECT COUNT(*) FROM api_keys) AS api_keys, \
         (SELECT COUNT(*) FROM workspaces) AS workspaces, (SELECT COUNT(*) FROM audit_events) AS audit_events";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).fetch_one(conn))?)
}

/// What SQLite's own check finds wrong with a database file. Nothing on Postgres, which checks its
/// files itself.
pub async fn integrity_faults(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    if connection.is_postgres() {
        return Ok(Vec::new());
    }
    const SQL: &str = "PRAGMA integrity_check(10)";
    let rows: Vec<(String,)> = fetch!(connection, conn => sqlx::query_as(SQL).fetch_all(conn))?;
    Ok(rows
        .into_iter()
        .map(|(line,)| line)
        .filter(|line| line != "ok")
        .collect())
}
