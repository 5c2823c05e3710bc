//! The version of the tables.

use sqlx::migrate::Migrator;

use super::{Connection, Db, StoreError, fetch};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The migrations of a database, compared with those of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The newest migration of the database. None if it has no tables.
    pub version: Option<i64>,
    /// The migrations that this program would run.
    pub pending: Vec<i64>,
    /// The migrations that only a newer program knows.
    pub unknown: Vec<i64>,
    /// The migration that began and did not end.
    pub unfinished: Option<i64>,
}

/// Runs the pending migrations. Refuses a schema newer than this program.
///
/// # Errors
/// When a migration fails.
pub async fn migrate(db: &Db) -> Result<(), StoreError> {
    match db {
        Db::Sqlite { writer, .. } => SQLITE.run(writer.pool()).await?,
        Db::Postgres { pool, .. } => POSTGRES.run(pool.pool()).await?,
    }
    Ok(())
}

/// Compares the migrations of a database with those of this program. Changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn schema(db: &Db) -> Result<Schema, StoreError> {
    let applied = applied(&mut db.read().await?).await?;
    let known = match db {
        Db::Sqlite { .. } => &SQLITE,
        Db::Postgres { .. } => &POSTGRES,
    };
    let known: Vec<i64> = known
        .iter()
        .map(|migration| migration.version)
        .collect();
    let versions: Vec<i64> = applied
        .iter()
        .map(|(version, _)| *version)
        .collect();
    let only_in = |these: &[i64], others: &[i64]| {
        these
            .iter()
            .copied()
            .filter(|version| !others.contains(version))
            .collect()
    };
    Ok(Schema {
        version: versions.last().copied(),
        pending: only_in(&known, &versions),
        unknown: only_in(&versions, &known),
        unfinished: applied
            .iter()
            .find(|(_, is_done)| !is_done)
            .map(|(version, _)| *version),
    })
}

/// The migrations of a database and whether each succeeded, oldest first.
async fn applied(connection: &mut Connection) -> Result<Vec<(i64, bool)>, StoreError> {
    let table = connection.either(
        "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'",
        "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'",
    );
    let (tables,): (i64,) = fetch!(connection, conn => sqlx::query_as(table).fetch_one(conn))?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    const SQL: &str = "SELECT version, success FROM _sqlx_migrations ORDER BY version";
    Ok(fetch!(connection, conn => sqlx::query_as(SQL).fetch_all(conn))?)
}
