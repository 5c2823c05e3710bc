//! Queries that are assembled at run time. All SQL fragments are written in the source; user input
//! and stored values are always bound as parameters.

use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::{Connection, StoreError, fetch};

enum Bind {
    Number(i64),
    Text(String),
}

/// A query under construction. Each value gets the next placeholder.
#[derive(Default)]
pub struct QueryBuilder {
    wheres: Vec<String>,
    binds: Vec<Bind>,
    planned_each_time: bool,
}

impl QueryBuilder {
    /// One more condition.
    pub fn and(&mut self, condition: String) {
        self.wheres.push(condition);
    }

    /// The placeholder of a number.
    pub fn number(&mut self, number: i64) -> String {
        self.binds.push(Bind::Number(number));
        format!("${}", self.binds.len())
    }

    /// The placeholder of a text.
    pub fn text(&mut self, text: &str) -> String {
        self.binds.push(Bind::Text(text.to_owned()));
        format!("${}", self.binds.len())
    }

    /// Makes Postgres plan the query for its values each time, instead of once for all values.
    /// SQLite always prepares a query only once.
    pub fn plan_each_time(&mut self) {
        self.planned_each_time = true;
    }

    /// The conditions so far, which are not conditions of the query any more.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.wheres)
    }

    /// All conditions.
    pub fn wheres(&self) -> String {
        self.wheres.join(" AND ")
    }

    /// Runs a query. Its text must consist of fragments from the source and placeholders only.
    pub async fn rows<T>(
        self,
        connection: &mut Connection,
        sql: String,
    ) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        // Postgres keeps a plan only with a statement that is kept.
        let is_kept = !(self.planned_each_time && connection.is_postgres());
        Ok(fetch!(connection, conn => {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).persistent(is_kept);
            for bind in self.binds {
                query = match bind {
                    Bind::Number(number) => query.bind(number),
                    Bind::Text(text) => query.bind(text),
                };
            }
            query.fetch_all(conn)
        })?)
    }
}

/// The pattern of `LIKE … ESCAPE '\'` that every text matches which contains this one. Wildcards in
/// it are ordinary characters.
pub fn like_pattern(text: &str) -> String {
    let escaped = text
        .replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_");
    format!("%{escaped}%")
}
