//! The file of an SQLite database.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use domain::Code;
use engine::{Db, StoreError};

use crate::test_app::{TestApp, refusal, revoke};

fn path(app: &TestApp) -> PathBuf {
    app.address
        .strip_prefix("sqlite://")
        .expect("a file")
        .into()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

// R7: no write is acknowledged after the database file was removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_fail_after_the_file_was_removed() {
    for suffix in ["", "-wal"] {
        let app = TestApp::on_sqlite().await;
        let (olga, key) = (app.north("olga").await, app.north_key("max").await);
        let (file, aside) = (
            beside(&path(&app), suffix),
            beside(&path(&app), "-aside"),
        );
        fs::rename(&file, &aside).expect("moved");
        let refused = |what: &str| format!("{what} without {}", file.display());
        assert_eq!(
            refusal(app.workspace(&olga, "lost").await),
            Code::Unavailable,
            "{}",
            refused("a workspace")
        );
        let revoking = app
            .engine
            .revoke_key(&olga, revoke(key.view.key_id))
            .await;
        assert_eq!(
            refusal(revoking),
            Code::Unavailable,
            "{}",
            refused("a revocation")
        );
        assert_eq!(
            refusal(app.engine.ready().await),
            Code::Unavailable,
            "{}",
            refused("ready")
        );
        fs::copy(&aside, &file).expect("copied");
        assert_eq!(
            refusal(app.workspace(&olga, "lost").await),
            Code::Unavailable,
            "another file of that name"
        );
        assert_eq!(refusal(app.engine.ready().await), Code::Unavailable);
        fs::rename(&aside, &file).expect("put back");
        app.workspace(&olga, "kept")
            .await
            .expect("the original file is back");
        app.engine.ready().await.expect("ready");
        app.close().await;
    }
}

// R7: the log grows during a long read and shrinks afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_ahead_log_shrinks_after_a_long_read() {
    let app = TestApp::on_sqlite().await;
    let olga = app.north("olga").await;
    let log = || {
        fs::metadata(beside(&path(&app), "-wal"))
            .expect("a log")
            .len()
    };
    let mut reading = app.intruder().await;
    reading.run("BEGIN").await;
    reading
        .number("SELECT count(*) FROM audit_events")
        .await;
    let mut writing = app.intruder().await;
    writing
        .run("CREATE TABLE large (bytes BLOB)")
        .await;
    for _ in 0..12 {
        writing
            .run("INSERT INTO large VALUES (randomblob(1048576))")
            .await;
    }
    assert!(log() > 12 * 1024 * 1024);
    reading.run("ROLLBACK").await;
    for n in 0..3 {
        app.workspace(&olga, &format!("w{n}"))
            .await
            .expect("a workspace");
    }
    assert!(log() <= 4 * 1024 * 1024, "{} bytes", log());
    app.close().await;
}

// F10
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_served_by_one_process_even_under_another_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let url = |path: &Path| format!("sqlite://{}", path.display());
    let first = Db::open_to_serve(&url(&at("rt.db")), 10)
        .await
        .expect("the first process serves");
    symlink(at("rt.db"), at("symbolic.db")).expect("a symbolic link");
    fs::hard_link(at("rt.db"), at("hard.db")).expect("a hard link");
    fs::create_dir(at("below")).expect("a folder");
    symlink(folder.path(), at("below/folder")).expect("a link to the folder");
    for name in [
        "rt.db",
        "symbolic.db",
        "hard.db",
        "below/../rt.db",
        "below/folder/rt.db",
    ] {
        let second = Db::open_to_serve(&url(&at(name)), 10).await;
        let refused = second
            .err()
            .unwrap_or_else(|| panic!("{name} is served by two processes"));
        assert!(
            refused
                .to_string()
                .contains("another process serves the database"),
            "{name}: {refused}"
        );
    }
    engine::migrate(&first)
        .await
        .expect("the first process is not affected");
    let beside = Db::open(&url(&at("symbolic.db")))
        .await
        .expect("a command can read");
    beside.close().await;
    first.close().await;
    drop(first);
    let next = Db::open_to_serve(&url(&at("symbolic.db")), 10)
        .await
        .expect("the next process serves");
    next.close().await;
}

// F11: only the owner can read the file.
#[tokio::test]
async fn a_database_url_opens_the_file_it_names_or_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let base = folder.path().display();
    for (address, file) in [
        (format!("sqlite://{base}/a.db?mode=rwc"), "a.db"),
        (format!("sqlite:{base}/b.db"), "b.db"),
        (
            format!("sqlite://{base}/my%20folder/c%3Fd.db"),
            "my folder/c?d.db",
        ),
    ] {
        let db = Db::open(&address).await.expect("opens");
        engine::migrate(&db).await.expect("tables");
        let mode = fs::metadata(folder.path().join(file))
            .expect("the file named")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
        db.close().await;
    }
    for address in [
        "sqlite::memory:".to_owned(),
        "sqlite://".to_owned(),
        format!("sqlite://{base}/x.db?mode=ro"),
        format!("sqlite://{base}/x.db?mode=rw"),
        format!("sqlite://{base}/x.db?unknown=1"),
        format!("sqlite://{base}"),
    ] {
        let refused = Db::open(&address)
            .await
            .err()
            .unwrap_or_else(|| panic!("{address} opens"));
        assert!(
            matches!(refused, StoreError::Url(_)),
            "{address}: {refused}"
        );
    }
    let mut found: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    found.sort();
    assert_eq!(found, ["a.db", "b.db", "my folder"]);
}
