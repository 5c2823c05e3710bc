//! An attacker with direct access to the database: reads and writes any row, ignores foreign keys,
//! and does not have the key ring.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Column, Connection, Row, TypeInfo, ValueRef};

/// A stored value of any column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Null,
    Number(i64),
    Flag(bool),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row: names and values of its columns.
pub type Cells = Vec<(String, Value)>;

pub enum Intruder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Intruder {
    pub async fn at(address: &str) -> Self {
        match address.strip_prefix("sqlite://") {
            Some(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .foreign_keys(false);
                let options = options.busy_timeout(std::time::Duration::from_secs(10));
                Self::Sqlite(
                    SqliteConnection::connect_with(&options)
                        .await
                        .expect("the file opens"),
                )
            }
            None => {
                let mut server = Self::Postgres(
                    PgConnection::connect(address)
                        .await
                        .expect("Postgres answers"),
                );
                server
                    .run("SET session_replication_role = replica")
                    .await;
                server
            }
        }
    }

    /// Runs a statement, and returns the number of changed rows.
    pub async fn run(&mut self, sql: &str) -> u64 {
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        let done = match self {
            Self::Sqlite(conn) => query
                .execute(conn)
                .await
                .map(|done| done.rows_affected()),
            Self::Postgres(conn) => query
                .execute(conn)
                .await
                .map(|done| done.rows_affected()),
        };
        done.unwrap_or_else(|e| panic!("{e}: {sql}"))
    }

    pub async fn rows(&mut self, sql: &str) -> Vec<Cells> {
        let query = sqlx::query(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(conn) => {
                let rows = query
                    .fetch_all(conn)
                    .await
                    .unwrap_or_else(|e| panic!("{e}: {sql}"));
                rows.iter().map(sqlite_cells).collect()
            }
            Self::Postgres(conn) => {
                let rows = sqlx::query(AssertSqlSafe(sql))
                    .fetch_all(conn)
                    .await
                    .unwrap_or_else(|e| panic!("{e}: {sql}"));
                rows.iter().map(postgres_cells).collect()
            }
        }
    }

    /// The only value that a query returns.
    pub async fn value(&mut self, sql: &str) -> Value {
        let rows = self.rows(sql).await;
        let [row] = rows.as_slice() else {
            panic!("{} rows, not one: {sql}", rows.len())
        };
        row[0].1.clone()
    }

    pub async fn number(&mut self, sql: &str) -> i64 {
        let Value::Number(number) = self.value(sql).await else {
            panic!("no number: {sql}")
        };
        number
    }

    pub async fn text(&mut self, sql: &str) -> String {
        let Value::Text(text) = self.value(sql).await else {
            panic!("no text: {sql}")
        };
        text
    }

    pub async fn bytes(&mut self, sql: &str) -> Vec<u8> {
        let Value::Bytes(bytes) = self.value(sql).await else {
            panic!("no bytes: {sql}")
        };
        bytes
    }

    /// A value as an SQL literal.
    pub fn literal(&self, value: &Value) -> String {
        match (value, self) {
            (Value::Null, _) => "NULL".into(),
            (Value::Number(number), _) => number.to_string(),
            (Value::Flag(flag), _) => flag.to_string(),
            (Value::Text(text), _) => format!("'{}'", text.replace('\'', "''")),
            (Value::Bytes(bytes), Self::Sqlite(_)) => format!("x'{}'", hex::encode(bytes)),
            (Value::Bytes(bytes), Self::Postgres(_)) => {
                format!("'\\x{}'::bytea", hex::encode(bytes))
            }
        }
    }

    /// Overwrites one column of the row that `which` selects.
    pub async fn set(&mut self, table: &str, column: &str, value: &Value, which: &str) {
        let sql = format!(
            "UPDATE {table} SET {column} = {} WHERE {which}",
            self.literal(value)
        );
        assert_eq!(self.run(&sql).await, 1, "{sql}");
    }

    /// Inserts a row.
    pub async fn insert(&mut self, table: &str, row: &Cells) {
        let columns: Vec<_> = row
            .iter()
            .map(|(column, _)| column.as_str())
            .collect();
        let values: Vec<_> = row
            .iter()
            .map(|(_, value)| self.literal(value))
            .collect();
        self.run(&format!(
            "INSERT INTO {table} ({}) VALUES ({})",
            columns.join(", "),
            values.join(", ")
        ))
        .await;
    }

    /// Every table of the product.
    pub async fn tables(&mut self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
            Self::Postgres(_) => {
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
            }
        };
        let rows = self.rows(sql).await;
        let names = rows
            .into_iter()
            .filter_map(|row| match &row[0].1 {
                Value::Text(name) => Some(name.clone()),
                _ => None,
            });
        names
            .filter(|name| !name.starts_with('_') && !name.starts_with("sqlite_"))
            .collect()
    }

    /// All rows of all tables, sorted.
    pub async fn dump(&mut self) -> Vec<(String, Vec<Cells>)> {
        let mut dump = Vec::new();
        for table in self.tables().await {
            let mut rows = self.rows(&format!("SELECT * FROM {table}")).await;
            rows.sort();
            dump.push((table, rows));
        }
        dump
    }
}

/// A column of a row, to read or overwrite.
pub fn cell<'a>(row: &'a mut Cells, column: &str) -> &'a mut Value {
    &mut row
        .iter_mut()
        .find(|(name, _)| name == column)
        .unwrap_or_else(|| panic!("no column {column}"))
        .1
}

fn sqlite_cells(row: &SqliteRow) -> Cells {
    let read = |at: usize| {
        let raw = row.try_get_raw(at).expect("a column");
        match (raw.is_null(), raw.type_info().name()) {
            (true, _) => Value::Null,
            (_, "INTEGER") => Value::Number(row.get_unchecked(at)),
            (_, "BOOLEAN") => Value::Flag(row.get_unchecked(at)),
            (_, "TEXT") => Value::Text(row.get_unchecked(at)),
            (_, "BLOB") => Value::Bytes(row.get_unchecked(at)),
            (_, other) => panic!("a column of type {other}"),
        }
    };
    row.columns()
        .iter()
        .map(|column| (column.name().to_owned(), read(column.ordinal())))
        .collect()
}

fn postgres_cells(row: &PgRow) -> Cells {
    let read = |at: usize| {
        let raw = row.try_get_raw(at).expect("a column");
        match (raw.is_null(), raw.type_info().name()) {
            (true, _) => Value::Null,
            (_, "INT8") => Value::Number(row.get(at)),
            (_, "BOOL") => Value::Flag(row.get(at)),
            (_, "INT4") => Value::Number(i64::from(row.get::<i32, _>(at))),
            (_, "TEXT" | "VARCHAR" | "NAME") => Value::Text(row.get(at)),
            (_, "BYTEA") => Value::Bytes(row.get(at)),
            (_, other) => panic!("a column of type {other}"),
        }
    };
    row.columns()
        .iter()
        .map(|column| (column.name().to_owned(), read(column.ordinal())))
        .collect()
}
