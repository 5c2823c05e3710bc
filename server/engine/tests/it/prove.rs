//! The number of cases of a test: a share by default, all of them if `ROUNDTABLE_PROVE` is set.

use crate::test_app::TestApp;

fn in_full() -> bool {
    std::env::var_os("ROUNDTABLE_PROVE").is_some_and(|value| !value.is_empty())
}

/// `share` by default, or `full` if `ROUNDTABLE_PROVE` is set.
pub fn count(share: usize, full: usize) -> usize {
    if in_full() { full } else { share }
}

/// Prints the number of cases and the database in a full run.
pub fn shown(app: &TestApp, name: &str, count: usize) {
    shown_on(
        if app.db.is_shared() {
            "Postgres"
        } else {
            "SQLite"
        },
        name,
        count,
    );
}

/// Like [`shown`], for a database with this name.
#[expect(clippy::print_stdout, reason = ".ci/prove collects these lines")]
pub fn shown_on(database: &str, name: &str, count: usize) {
    if in_full() {
        println!("proof: {name} {count} on {database}: passed");
    }
}
