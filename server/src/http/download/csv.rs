//! Comma-separated values (RFC 4180) for spreadsheets. Every cell is quoted, no cell can be
//! evaluated as a formula (CSV injection), and control characters are replaced.

use domain::view::AuditRecord;

const COLUMNS: [&str; 15] = [
    "n",
    "at",
    "action",
    "actor_id",
    "actor_name",
    "via_key",
    "object_kind",
    "object_id",
    "object_label",
    "changes",
    "address",
    "agent",
    "request_id",
    "previous_hash",
    "hash",
];

/// The header line.
pub fn header() -> Vec<u8> {
    line(&COLUMNS.map(str::to_owned)).into_bytes()
}

/// Adds the line of an event.
///
/// # Errors
/// If its changes cannot be serialized, which does not happen.
pub fn row(text: &mut Vec<u8>, record: &AuditRecord) -> serde_json::Result<()> {
    let event = &record.event;
    let cells: [String; COLUMNS.len()] = [
        event.n.to_string(),
        event.at.to_rfc3339(),
        event.action.as_str().to_owned(),
        event
            .actor_id
            .map(|actor| actor.to_string())
            .unwrap_or_default(),
        event.actor_name.clone(),
        event.via_key.clone().unwrap_or_default(),
        event.object_kind.clone(),
        event.object_id.clone(),
        event.object_label.clone(),
        serde_json::to_string(&event.changes)?,
        event.address.clone().unwrap_or_default(),
        event.agent.clone().unwrap_or_default(),
        event.request_id.clone(),
        record.previous_hash.clone(),
        record.hash.clone(),
    ];
    text.extend(line(&cells).into_bytes());
    Ok(())
}

fn line(cells: &[String]) -> String {
    let mut line = cells
        .iter()
        .map(|text| cell(text))
        .collect::<Vec<_>>()
        .join(",");
    line.push_str("\r\n");
    line
}

/// A quoted cell. A `'` in front makes a spreadsheet treat a formula as text.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 3);
    cell.push('"');
    if is_formula(text) {
        cell.push('\'');
    }
    for char in text.chars() {
        match char {
            '"' => cell.push_str("\"\""),
            char if char.is_control() => cell.push(char::REPLACEMENT_CHARACTER),
            char => cell.push(char),
        }
    }
    cell.push('"');
    cell
}

/// Some spreadsheets ignore leading white space and treat full-width signs like ASCII signs.
fn is_formula(text: &str) -> bool {
    let is_blank = |char: char| char.is_whitespace() || char.is_control();
    let first = text.trim_start_matches(is_blank).chars().next();
    let sign = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '−' | '﹦' | '﹢' | '﹣' | '﹫')
    );
    sign || text.starts_with(['\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    // B27
    #[test]
    fn a_cell_is_never_a_formula() {
        let cases = [
            ("", "\"\""),
            ("plain", "\"plain\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=1+1", "\"'=1+1\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\u{fffd}x\""),
            ("\rx", "\"'\u{fffd}x\""),
            ("\nx", "\"'\u{fffd}x\""),
            ("  =1", "\"'  =1\""),
            ("\u{a0}@x", "\"'\u{a0}@x\""),
            ("＝1", "\"'＝1\""),
            ("a=1", "\"a=1\""),
            ("'=1", "\"'=1\""),
            ("a\u{1b}[31mb\u{85}", "\"a\u{fffd}[31mb\u{fffd}\""),
        ];
        for (text, expected) in cases {
            assert_eq!(cell(text), expected, "{text:?}");
        }
        assert_eq!(line(&["a".into(), "b".into()]), "\"a\",\"b\"\r\n");
    }
}
