//! Backups of Postgres: the manifest, the dump of `pg_dump`, and the check of what `pg_restore`
//! makes of it. Needs `ROUNDTABLE_TEST_POSTGRES`, and the programs of Postgres.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::site::Site;
use super::{accepted, manifest, refused, succeeded};

/// The URL of a database of the test server.
fn url(database: &str) -> String {
    let server = std::env::var("ROUNDTABLE_TEST_POSTGRES");
    let server = server.expect("ROUNDTABLE_TEST_POSTGRES is set");
    let (server, _) = server
        .rsplit_once('/')
        .expect("a URL names a database");
    format!("{server}/{database}")
}

async fn run(sql: String) {
    let mut server = PgConnection::connect(&url("postgres"))
        .await
        .expect("Postgres answers");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut server)
        .await
        .expect("done");
}

/// A program of Postgres: in the path, or where Debian has it.
fn program(name: &str) -> PathBuf {
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&in_path).map(|folder| folder.join(name));
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(name));
    in_path
        .chain(debian)
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{name} is not installed"))
}

// B9, D.8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_dump_matches_the_manifest_and_revives_no_key() {
    let [live, copy, other] =
        ["live", "copy", "other"].map(|name| format!("backup_{name}_{}", std::process::id()));
    for name in [&live, &copy, &other] {
        run(format!("CREATE DATABASE {name}")).await;
    }
    let mut site = Site::with(&[("ROUNDTABLE_DATABASE_URL", &url(&live))]).await;
    let (keys, kept) = (site.keys(100).await, site.keys(1).await);
    let writers = site.write_all_the_time(3);
    let done = succeeded(&site.run(&["backup", "one"]));
    assert!(
        done.contains("Next: dump the database with pg_dump"),
        "{done}"
    );
    let mut dump = Command::new(program("pg_dump"));
    dump.args(["--format=custom", "--file=one/roundtable.dump", &url(&live)]);
    succeeded(
        &dump
            .current_dir(&site.folder.0)
            .output()
            .expect("it runs"),
    );
    writers.abort();
    let contents = manifest(&site.folder.0.join("one"));
    assert_eq!(contents["database"], "postgres");
    assert!(contents["file"].is_null());

    for (id, _) in &keys {
        site.revoke(*id).await;
    }
    // A later manifest, which the dump does not match.
    succeeded(&site.run(&["backup", "later"]));
    site.stop();
    let mut restore = Command::new(program("pg_restore"));
    restore.args(["--no-owner", "--dbname", &url(&copy), "one/roundtable.dump"]);
    succeeded(
        &restore
            .current_dir(&site.folder.0)
            .output()
            .expect("it runs"),
    );

    let verify = ["backup", "verify", "one"];
    refused(
        &site.run(&["restore", "one"]),
        78,
        "names a Postgres server and not a file",
    );
    site.set(
        "ROUNDTABLE_DATABASE_URL",
        "sqlite://data/roundtable.db",
    );
    refused(&site.run(&["restore", "one"]), 2, "with pg_restore");
    refused(
        &site.run(&verify),
        2,
        "that you restored from its dump",
    );
    site.set("ROUNDTABLE_DATABASE_URL", &url(&other));
    refused(
        &site.run(&verify),
        78,
        "the database is not initialised",
    );
    site.set("ROUNDTABLE_DATABASE_URL", &url(&copy));
    succeeded(&site.run(&verify));
    refused(
        &site.run(&["backup", "verify", "later"]),
        1,
        "the newest one of the manifest, is missing or another one",
    );
    // Another machine: the journal is not there yet.
    let journal = site.folder.0.join("data/roundtable.journal");
    let moved = site.folder.0.join("moved.journal");
    fs::rename(&journal, &moved).expect("moved");
    refused(
        &site.run(&["restore", "--accept"]),
        2,
        "there is no revocation journal",
    );
    assert!(!journal.exists(), "nothing was created");
    fs::rename(&moved, &journal).expect("moved");
    let restored = succeeded(&site.run(&["restore", "--accept"]));
    assert_eq!(
        restored.matches("is revoked: it was").count(),
        100,
        "{restored}"
    );
    succeeded(&site.run(&verify));
    site.serve();
    assert_eq!(accepted(&site, &keys).await, 0);
    assert_eq!(accepted(&site, &kept).await, 1);
    site.stop();
    for name in [&live, &copy, &other] {
        run(format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}
