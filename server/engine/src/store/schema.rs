//! The version of the tables.

use sqlx::migrate::Migrator;

use super::meta::{self, Support};
use super::{Connection, Db, StoreError, fetch};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The migrations after which programs from before can still serve: they only add what such a
/// program neither reads nor writes, and no row, word or MAC changes that it reads. A migration that
/// is not in this list stops older programs.
const COMPATIBLE: &[i64] = &[];

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
    /// What the newest program that migrated the database has recorded.
    pub support: Support,
}

/// What this program says of the tables after its migrations.
pub fn own_support() -> Support {
    support_after(newest())
}

/// What this program says of the tables after its migration of this number.
fn support_after(newest: i64) -> Support {
    let oldest = SQLITE
        .iter()
        .map(|migration| migration.version)
        .filter(|version| *version <= newest && !COMPATIBLE.contains(version))
        .max();
    Support {
        newest,
        oldest: oldest.unwrap_or(newest),
    }
}

impl Schema {
    /// Whether this program can serve the tables, after its own migrations if any are pending.
    pub fn can_be_served(&self) -> bool {
        let is_known = self.version <= Some(self.support.newest);
        self.unknown.is_empty() || (is_known && self.support.oldest <= newest())
    }

    /// Whether the pending migrations stop the programs that can serve the tables now.
    pub fn stops_older_programs(&self) -> bool {
        self.pending
            .iter()
            .any(|version| !COMPATIBLE.contains(version))
    }
}

/// The newest migration that this program knows.
pub(crate) fn newest() -> i64 {
    SQLITE
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default()
}

/// Runs the pending migrations, and records which programs can serve the tables. In a database that
/// is in use, after each of them: an older program must find the record as soon as it cannot serve
/// the tables.
///
/// # Errors
/// When a migration fails.
pub(crate) async fn run_migrations(db: &Db, schema: &Schema) -> Result<(), StoreError> {
    if schema.version.is_some() {
        for version in &schema.pending {
            run_up_to(db, *version).await?;
            record_support(db, support_after(*version)).await?;
        }
    }
    run_up_to(db, i64::MAX).await?;
    record_support(db, own_support()).await
}

/// Runs the migrations up to this one. Leaves alone what only a newer program knows.
async fn run_up_to(db: &Db, last: i64) -> Result<(), StoreError> {
    let migrator = |known: &Migrator| Migrator {
        migrations: known
            .iter()
            .filter(|migration| migration.version <= last)
            .cloned()
            .collect(),
        ignore_missing: true,
        ..Migrator::DEFAULT
    };
    match db {
        Db::Sqlite { writer, .. } => migrator(&SQLITE).run(writer.pool()).await?,
        Db::Postgres { pool, .. } => migrator(&POSTGRES).run(pool.pool()).await?,
    }
    Ok(())
}

/// Leaves the record of a newer program as it is.
async fn record_support(db: &Db, support: Support) -> Result<(), StoreError> {
    let recorded = meta::support(&mut db.read().await?).await?;
    if recorded == support || recorded.newest > support.newest {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    meta::set_support(&mut tx, support).await?;
    tx.commit().await
}

/// Compares the migrations of a database with those of this program. Changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn schema(db: &Db) -> Result<Schema, StoreError> {
    let mut connection = db.read().await?;
    let applied = applied(&mut connection).await?;
    let support = if applied.is_empty() {
        Support::default()
    } else {
        meta::support(&mut connection).await?
    };
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
        support,
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
