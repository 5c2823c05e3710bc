//! The table has every operation that writes.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::groups;

/// Functions that begin a transaction and are no operation of their own, or are tested elsewhere.
const ELSEWHERE: [(&str, &str); 6] = [
    ("begin", "the transaction itself"),
    ("begin_on_reserve", "the transaction itself"),
    ("next", "a part of export_audit_log"),
    ("verify_audit", "reads"),
    ("removed_events", "reads"),
    (
        "rewrap",
        "`ring.rs` stops it at every step; it leaves another master key behind",
    ),
];

/// The public functions of a source file whose text, or that of the private functions below them,
/// begins a transaction.
fn writers(text: &str) -> Vec<String> {
    let public: Vec<_> = text.split("pub async fn ").skip(1).collect();
    let writes = |part: &str| part.contains(".begin()") || part.contains(".begin_on_reserve()");
    let named = public.into_iter().filter(|part| writes(part));
    named
        .filter_map(|part| part.split(['(', '<']).next())
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("store") {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push(fs::read_to_string(path).expect("a source"));
        }
    }
}

#[test]
fn every_operation_that_writes_is_in_the_table() {
    let mut texts = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&source, &mut texts);
    let tested: HashSet<_> = groups()
        .into_iter()
        .flat_map(|(_, group)| group)
        .map(|operation| operation.name.to_owned())
        .collect();
    let elsewhere = |name: &str| ELSEWHERE.iter().any(|(known, _)| *known == name);

    let all: Vec<_> = texts
        .iter()
        .flat_map(|text| writers(text))
        .collect();
    assert!(all.len() > 60, "{all:?}");
    let missing: Vec<_> = all
        .iter()
        .filter(|name| !tested.contains(*name) && !elsewhere(name))
        .collect();
    assert!(
        missing.is_empty(),
        "operations without a row: {missing:?}"
    );

    let known = |name: &str| {
        texts
            .iter()
            .any(|text| text.contains(&format!("pub async fn {name}(")))
    };
    let unknown: Vec<_> = tested
        .iter()
        .filter(|name| !known(name))
        .collect();
    assert!(
        unknown.is_empty(),
        "rows without an operation: {unknown:?}"
    );
}
