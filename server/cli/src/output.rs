//! What a command prints. Results go to standard output, everything else to standard error.

use std::io::{ErrorKind, IsTerminal, Write};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::failure::Failure;

/// Prints for people, for scripts, or as JSON.
pub struct Output {
    json: bool,
    is_terminal: bool,
}

impl Output {
    /// As JSON, or as text: a table on a terminal, and tab-separated values otherwise.
    pub fn new(json: bool) -> Self {
        Self {
            json,
            is_terminal: std::io::stdout().is_terminal(),
        }
    }

    /// Whether it prints JSON.
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// A result: its JSON, or its text.
    pub fn result(&self, json: &impl Serialize, text: impl FnOnce() -> String) {
        if self.json {
            let text = serde_json::to_string_pretty(json).unwrap_or_default();
            print(&format!("{text}\n"));
        } else {
            print(&text());
        }
    }

    /// What a command without a result has done: JSON, or a message.
    pub fn outcome(&self, json: &impl Serialize, message: &str) {
        if self.json {
            self.result(json, String::new);
        } else {
            self.note(message);
        }
    }

    /// Whether people read the results, and not programs.
    pub const fn is_for_people(&self) -> bool {
        self.is_terminal && !self.json
    }

    /// A table. `json` is what it shows.
    pub fn table(&self, json: &impl Serialize, head: &[&str], rows: &[Vec<String>]) {
        self.result(json, || {
            if self.is_terminal {
                aligned(head, rows)
            } else {
                rows.iter()
                    .map(|row| format!("{}\n", row.join("\t")))
                    .collect()
            }
        });
    }

    /// A secret, alone on standard output.
    pub fn secret(&self, secret: &str) {
        print(&format!("{secret}\n"));
    }

    /// Tells the person something that is no result.
    #[expect(clippy::print_stderr, reason = "messages belong on standard error")]
    pub fn note(&self, text: &str) {
        eprintln!("{text}");
    }

    /// Why the command failed.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            self.note(&serde_json::to_string(&failure.body()).unwrap_or_default());
            return;
        }
        for (at, line) in failure.lines().iter().enumerate() {
            let start = if at == 0 { "roundtable: " } else { "" };
            self.note(&format!("{start}{}", printable(line)));
        }
    }
}

/// Prints text. A reader that has gone away, such as `head`, is no error.
fn print(text: &str) {
    if let Err(error) = std::io::stdout().write_all(text.as_bytes())
        && error.kind() != ErrorKind::BrokenPipe
    {
        tell(&format!("roundtable: standard output: {error}"));
    }
}

#[expect(clippy::print_stderr, reason = "messages belong on standard error")]
fn tell(text: &str) {
    eprintln!("{text}");
}

/// A text without control characters: names come from other people, and must not control the
/// terminal.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn aligned(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head
        .iter()
        .map(|cell| (*cell).to_owned())
        .collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            let cells = std::iter::once(&head).chain(rows);
            cells
                .map(|row| row.get(at).map_or(0, |cell| cell.width()))
                .max()
                .unwrap_or_default()
        })
        .collect();
    let line = |row: &Vec<String>| {
        let mut text = String::new();
        for (at, cell) in row.iter().enumerate() {
            let is_last = at + 1 == row.len();
            let missing = widths[at].saturating_sub(cell.width());
            let padding = if is_last { 0 } else { missing + 2 };
            text.push_str(cell);
            text.push_str(&" ".repeat(padding));
        }
        format!("{text}\n")
    };
    std::iter::once(&head)
        .chain(rows)
        .map(line)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let rows = vec![
            vec!["1".to_owned(), "名前".to_owned(), "x".to_owned()],
            vec!["12".to_owned(), "ab".to_owned(), "y".to_owned()],
        ];
        let text = aligned(&["ID", "NAME", "END"], &rows);
        assert_eq!(text, "ID  NAME  END\n1   名前  x\n12  ab    y\n");
    }

    #[test]
    fn a_name_cannot_control_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
        assert_eq!(printable("علی"), "علی");
    }
}
