//! The results of a part: rows of a table, stored in a JSON file per part.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Outcome, say};

/// The number of faults of a row that are printed. The page lists fewer.
const PRINTED: usize = 6;

/// A guarantee and its result.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Row {
    /// The guarantee.
    pub what: String,
    /// The database. `-` if it makes no difference.
    pub on: String,
    /// The number of attempts.
    pub count: String,
    /// The result.
    pub result: String,
    /// Whether the guarantee was kept.
    pub kept: bool,
}

/// The results of a part.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Section {
    /// The part's name.
    pub part: String,
    /// The command that runs the part.
    pub command: String,
    /// The date of the run.
    pub date: String,
    /// The commit of the program.
    pub commit: String,
    /// How long it took.
    pub seconds: u64,
    /// The results.
    pub rows: Vec<Row>,
}

/// A report in progress.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds a row, and prints it.
    pub fn row(
        &mut self,
        what: &str,
        on: &str,
        count: impl ToString,
        result: impl Into<String>,
        kept: bool,
    ) {
        let (count, result) = (count.to_string(), result.into());
        say(&format!(
            "  {} {what} ({on}), {count}: {result}",
            if kept { "kept  " } else { "BROKEN" }
        ));
        self.rows.push(Row {
            what: what.into(),
            on: on.into(),
            count,
            result,
            kept,
        });
    }

    /// Adds a row. Without faults the guarantee was kept. Otherwise the first faults are the
    /// result.
    pub fn faults(&mut self, what: &str, on: &str, count: impl ToString, faults: &[String]) {
        let first: Vec<_> = faults
            .iter()
            .take(3)
            .map(String::as_str)
            .collect();
        let result = match faults.len() {
            0 => "0 violations".to_owned(),
            many => format!("{many} violations: {}", first.join("; ")),
        };
        self.row(what, on, count, result, faults.is_empty());
        faults
            .iter()
            .take(PRINTED)
            .for_each(|fault| say(&format!("         {fault}")));
    }

    /// Adds the rows of another report.
    pub fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// All rows.
    pub fn into_rows(self) -> Vec<Row> {
        self.rows
    }
}

impl Section {
    /// Whether every guarantee was kept. A part without rows proves nothing.
    pub fn is_kept(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.kept)
    }

    /// Writes the part's file.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Outcome<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(
            path(folder, &self.part),
            serde_json::to_string_pretty(self)?,
        )?;
        Ok(())
    }

    /// Reads the part's file, if there is one.
    ///
    /// # Errors
    /// If the file is malformed.
    pub fn read(folder: &Path, part: &str) -> Outcome<Option<Self>> {
        let path = path(folder, part);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&std::fs::read_to_string(
            path,
        )?)?))
    }
}

fn path(folder: &Path, part: &str) -> PathBuf {
    folder.join(format!("{part}.json"))
}
