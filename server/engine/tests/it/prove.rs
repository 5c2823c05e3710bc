//! How often a proof is repeated: a share in a quick run, in full where `ROUNDTABLE_PROVE` is set.

use crate::test_app::TestApp;

fn in_full() -> bool {
    std::env::var_os("ROUNDTABLE_PROVE").is_some_and(|value| !value.is_empty())
}

/// The share of a quick run, or the full count.
pub fn count(share: usize, full: usize) -> usize {
    if in_full() { full } else { share }
}

/// Says in a full run what was shown, how often, and on which database.
pub fn shown(app: &TestApp, name: &str, count: usize) {
    shown_on(if app.db.is_shared() { "Postgres" } else { "SQLite" }, name, count);
}

/// As [`shown`], for a database of this name.
#[expect(clippy::print_stdout, reason = "the lines are gathered into the record of the proofs")]
pub fn shown_on(database: &str, name: &str, count: usize) {
    if in_full() {
        println!("proof: {name} {count} on {database}: passed");
    }
}
