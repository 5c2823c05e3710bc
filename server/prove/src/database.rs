//! Direct access to the database of the program.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Postgres, QueryBuilder, Sqlite};

use crate::Outcome;

/// Which database.
#[derive(Clone)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// An address.
    Postgres(String),
}

/// A connection.
pub enum Rows {
    /// To the file.
    Sqlite(SqliteConnection),
    /// To the server.
    Postgres(PgConnection),
}

impl Database {
    /// The value of the setting.
    pub fn address(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(address) => address.clone(),
        }
    }

    /// Opens it, without foreign key checks.
    ///
    /// # Errors
    /// If it does not open.
    pub async fn open(&self) -> Outcome<Rows> {
        Ok(match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .busy_timeout(Duration::from_secs(10));
                Rows::Sqlite(SqliteConnection::connect_with(&options.foreign_keys(false)).await?)
            }
            Self::Postgres(address) => {
                let mut rows = Rows::Postgres(
                    PgConnection::connect_with(&PgConnectOptions::from_str(address)?).await?,
                );
                rows.run("SET session_replication_role = replica")
                    .await?;
                rows
            }
        })
    }
}

impl Rows {
    /// Reads columns as JSON arrays: `select("id, name", "api_keys ORDER BY id")`.
    ///
    /// # Errors
    /// If the query fails.
    pub async fn select(&mut self, columns: &str, from: &str) -> Outcome<Vec<Value>> {
        let texts: Vec<String> = match self {
            Self::Sqlite(conn) => {
                let sql = format!("SELECT json_array({columns}) FROM {from}");
                QueryBuilder::<Sqlite>::new(sql)
                    .build_query_scalar()
                    .fetch_all(conn)
                    .await?
            }
            Self::Postgres(conn) => {
                let sql = format!("SELECT json_build_array({columns})::text FROM {from}");
                QueryBuilder::<Postgres>::new(sql)
                    .build_query_scalar()
                    .fetch_all(conn)
                    .await?
            }
        };
        texts
            .iter()
            .map(|text| Ok(serde_json::from_str(text)?))
            .collect()
    }

    /// Runs a statement. Returns the number of changed rows.
    ///
    /// # Errors
    /// If it fails.
    pub async fn run(&mut self, sql: &str) -> Outcome<u64> {
        Ok(match self {
            Self::Sqlite(conn) => QueryBuilder::<Sqlite>::new(sql)
                .build()
                .execute(conn)
                .await?
                .rows_affected(),
            Self::Postgres(conn) => QueryBuilder::<Postgres>::new(sql)
                .build()
                .execute(conn)
                .await?
                .rows_affected(),
        })
    }

    /// The SQL expression that reads a column of bytes as hexadecimal text.
    pub fn hex(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("lower(hex({column}))"),
            Self::Postgres(_) => format!("encode({column}, 'hex')"),
        }
    }

    /// Closes the connection.
    ///
    /// # Errors
    /// If it does not close.
    pub async fn close(self) -> Outcome<()> {
        match self {
            Self::Sqlite(conn) => conn.close().await?,
            Self::Postgres(conn) => conn.close().await?,
        }
        Ok(())
    }
}
