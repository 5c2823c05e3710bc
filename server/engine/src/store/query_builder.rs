//! Queries that are put together: the only place where SQL is not one text. A file that asks so writes its pieces itself;
//! what someone typed, or what a row says, comes in as a value and never into the text.

use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::{Connection, StoreError, fetch};

enum Bind {
    Number(i64),
    Text(String),
}

/// A query that grows: each value gets the next placeholder.
#[derive(Default)]
pub struct QueryBuilder {
    wheres: Vec<String>,
    binds: Vec<Bind>,
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

    /// All conditions.
    pub fn wheres(&self) -> String {
        self.wheres.join(" AND ")
    }

    /// Runs a query whose text holds nothing but pieces of its file and placeholders.
    pub async fn rows<T>(self, connection: &mut Connection, sql: String) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(fetch!(connection, conn => {
            let mut asked = sqlx::query_as(sqlx::AssertSqlSafe(sql));
            for bind in self.binds {
                asked = match bind {
                    Bind::Number(number) => asked.bind(number),
                    Bind::Text(text) => asked.bind(text),
                };
            }
            asked.fetch_all(conn)
        })?)
    }
}
