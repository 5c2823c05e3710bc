//! What a part found: rows of a table, kept as one JSON file for each part.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Outcome, say};

/// So many faults of a row are printed; the page names fewer.
const PRINTED: usize = 6;

/// One promise and what became of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Row {
    /// What was tried.
    pub what: String,
    /// On which database; `-` where that makes no difference.
    pub on: String,
    /// How often.
    pub count: String,
    /// What came out.
    pub result: String,
    /// Whether that is what was promised.
    pub kept: bool,
}

/// Everything that one part found.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Section {
    /// The part's name.
    pub part: String,
    /// The command that runs it again.
    pub command: String,
    /// When it ran.
    pub date: String,
    /// Of which commit the program was.
    pub commit: String,
    /// How long it took.
    pub seconds: u64,
    /// What it found.
    pub rows: Vec<Row>,
}

/// Rows in the making.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds a row, and prints it.
    pub fn row(&mut self, what: &str, on: &str, count: impl ToString, result: impl Into<String>, kept: bool) {
        let (count, result) = (count.to_string(), result.into());
        say(&format!("  {} {what} ({on}), {count}: {result}", if kept { "kept  " } else { "BROKEN" }));
        self.rows.push(Row { what: what.into(), on: on.into(), count, result, kept });
    }

    /// Adds a row that is kept when there are no faults; the first few of them are its result otherwise.
    pub fn faults(&mut self, what: &str, on: &str, count: impl ToString, faults: &[String]) {
        let first: Vec<_> = faults.iter().take(3).map(String::as_str).collect();
        let result = match faults.len() {
            0 => "0 violations".to_owned(),
            many => format!("{many} violations: {}", first.join("; ")),
        };
        self.row(what, on, count, result, faults.is_empty());
        faults.iter().take(PRINTED).for_each(|fault| say(&format!("         {fault}")));
    }

    /// Adds the rows of another report.
    pub fn append(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    /// Everything that was added.
    pub fn into_rows(self) -> Vec<Row> {
        self.rows
    }
}

impl Section {
    /// Whether every promise was kept; a part without a row proves nothing.
    pub fn is_kept(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.kept)
    }

    /// Writes the part's file.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Outcome<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(path(folder, &self.part), serde_json::to_string_pretty(self)?)?;
        Ok(())
    }

    /// Reads the part's file, if there is one.
    ///
    /// # Errors
    /// When the file is none of ours.
    pub fn read(folder: &Path, part: &str) -> Outcome<Option<Self>> {
        let path = path(folder, part);
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&std::fs::read_to_string(path)?)?))
    }
}

fn path(folder: &Path, part: &str) -> PathBuf {
    folder.join(format!("{part}.json"))
}
