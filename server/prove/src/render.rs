//! The page of all results.

use std::fmt::Write;
use std::path::Path;

use crate::Outcome;
use crate::parts::Part;
use crate::report::Section;

const HEAD: &str = "# Proofs

The results of `make prove`, which tests the release build under adverse conditions. Each part has its command, its counts
and its results. The command runs the part again and updates this page from the newest result of every part. If a guarantee
is not kept, its row says **broken**, and `make prove` fails.

";

/// Writes the page. Returns whether every part has run and kept its guarantees.
///
/// # Errors
/// If a result cannot be read or the page not be written.
pub fn page(results: &Path, page: &Path) -> Outcome<bool> {
    let mut text = String::from(HEAD);
    let mut kept = true;
    for part in Part::ALL {
        writeln!(text, "## {}\n\n{}\n", part.title(), part.about())?;
        match Section::read(results, part.as_str())? {
            Some(section) => {
                kept &= section.is_kept();
                text.push_str(&table(&section)?);
            }
            None => {
                kept = false;
                writeln!(text, "Not run yet: `.ci/prove {}`.\n", part.as_str())?;
            }
        }
    }
    let text = format!("{}\n", text.trim_end());
    std::fs::write(page, text)?;
    Ok(kept)
}

fn table(section: &Section) -> Outcome<String> {
    let mut text = String::new();
    let Section {
        command,
        date,
        commit,
        seconds,
        rows,
        ..
    } = section;
    writeln!(
        text,
        "`{command}`, {date}, commit `{commit}`, {seconds} s.\n"
    )?;
    writeln!(
        text,
        "| What | On | Count | Result | |\n|---|---|---|---|---|"
    )?;
    for row in rows {
        let kept = if row.kept { "kept" } else { "**broken**" };
        let cells = [&row.what, &row.on, &row.count, &row.result].map(|cell| cell_of(cell));
        writeln!(text, "| {} | {kept} |", cells.join(" | "))?;
    }
    text.push('\n');
    Ok(text)
}

/// Escapes and shortens a text for a table cell.
fn cell_of(text: &str) -> String {
    let short: String = text.chars().take(300).collect();
    short
        .replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Row;

    fn section(kept: bool) -> Section {
        let row = Row {
            what: "a | b".into(),
            on: "SQLite".into(),
            count: "3".into(),
            result: "0 <b>".into(),
            kept,
        };
        let (part, command) = ("kill".into(), ".ci/prove kill".into());
        Section {
            part,
            command,
            date: "2026-01-02".into(),
            commit: "abc".into(),
            seconds: 4,
            rows: vec![row],
        }
    }

    #[test]
    fn a_cell_stays_a_cell_and_a_broken_promise_is_seen() {
        let text = table(&section(false)).expect("text");
        assert!(
            text.contains("| a \\| b | SQLite | 3 | 0 &lt;b> | **broken** |"),
            "{text}"
        );
        assert!(
            table(&section(true))
                .expect("text")
                .contains("| kept |")
        );
    }

    #[test]
    fn a_part_that_never_ran_is_not_kept() {
        let folder = std::env::temp_dir().join(format!("prove-render-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let out = folder.join("proofs.md");
        assert!(!page(&folder, &out).expect("page"));
        for part in Part::ALL {
            Section {
                part: part.as_str().into(),
                ..section(true)
            }
            .write(&folder)
            .expect("written");
        }
        assert!(page(&folder, &out).expect("page"));
        Section {
            part: "kill".into(),
            ..section(false)
        }
        .write(&folder)
        .expect("written");
        assert!(!page(&folder, &out).expect("page"));
        std::fs::remove_dir_all(&folder).expect("clean");
    }
}
