//! A connection for bulk insertion, to either database.
#![expect(unreachable_pub, reason = "a module of a program")]

use engine::Db;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};

use crate::bulk::Head;

/// The only connection of SQLite that writes, or one of Postgres.
pub enum Writer {
    /// The indexes are made again at the end, which is faster than to keep them up to date.
    Sqlite {
        /// The connection.
        connection: PoolConnection<Sqlite>,
        /// The statements that make the indexes.
        indexes: Vec<String>,
    },
    /// A connection of the pool.
    Postgres(PoolConnection<Postgres>),
}

#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
impl Writer {
    /// Prepares the database.
    pub async fn open(db: &Db) -> Self {
        match db {
            Db::Sqlite { writer, .. } => {
                let connection = writer
                    .pool()
                    .acquire()
                    .await
                    .expect("a connection");
                let mut this = Self::Sqlite {
                    connection,
                    indexes: Vec::new(),
                };
                this.drop_indexes().await;
                this
            }
            Db::Postgres { pool, .. } => {
                let connection = pool.pool().acquire().await;
                Self::Postgres(connection.expect("a connection"))
            }
        }
    }

    /// Makes what [`Writer::open`] took away, and the statistics for the query planner.
    pub async fn finish(mut self) {
        if let Self::Sqlite { indexes, .. } = &mut self {
            for sql in std::mem::take(indexes) {
                self.run(sql).await;
            }
        }
        self.run("ANALYZE".to_owned()).await;
    }

    /// Runs statements without parameters.
    pub async fn run(&mut self, sql: String) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite { connection, .. } => sql.execute(&mut **connection).await.map(drop),
            Self::Postgres(connection) => sql.execute(&mut **connection).await.map(drop),
        }
        .expect("inserted");
    }

    /// The end of the only chain, and the id of the newest key.
    pub async fn newest(&mut self) -> (Head, i64) {
        const SQL: &str = "SELECT n, hash, (SELECT value FROM counters WHERE name = 'key') \
            FROM audit_heads";
        let found: Result<(i64, Vec<u8>, i64), sqlx::Error> = match self {
            Self::Sqlite { connection, .. } => {
                sqlx::query_as(SQL)
                    .fetch_one(&mut **connection)
                    .await
            }
            Self::Postgres(connection) => {
                sqlx::query_as(SQL)
                    .fetch_one(&mut **connection)
                    .await
            }
        };
        let (n, hash, id) = found.expect("a chain");
        (Head { n, hash }, id)
    }

    /// How the database writes bytes.
    pub fn bytes(&self) -> fn(&[u8]) -> String {
        match self {
            Self::Sqlite { .. } => |bytes: &[u8]| format!("X'{}'", hex::encode(bytes)),
            Self::Postgres(_) => |bytes: &[u8]| format!("'\\x{}'", hex::encode(bytes)),
        }
    }

    async fn drop_indexes(&mut self) {
        const FOUND: &str = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' \
            AND sql IS NOT NULL AND tbl_name IN ('api_keys', 'audit_events')";
        // A crash loses the database, and a benchmark makes another one.
        self.run("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144".to_owned())
            .await;
        let Self::Sqlite { connection, .. } = self else {
            return;
        };
        let found: Vec<(String, String)> = sqlx::query_as(FOUND)
            .fetch_all(&mut **connection)
            .await
            .expect("the indexes");
        for (name, sql) in found {
            self.run(format!("DROP INDEX {name}")).await;
            if let Self::Sqlite { indexes, .. } = self {
                indexes.push(sql);
            }
        }
    }
}
