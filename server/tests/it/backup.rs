//! Backups with the real program: made while it runs, checked, and restored with the revocation
//! journal.

mod audit_logs;
mod postgres;
mod site;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use self::site::Site;

/// What a command printed, and its exit code.
fn said(output: &Output) -> String {
    format!(
        "{:?} {}{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn succeeded(output: &Output) -> String {
    let said = said(output);
    assert!(output.status.success(), "{said}");
    said
}

/// Asserts that a command failed with this exit code, and that it said why.
fn refused(output: &Output, code: i32, why: &str) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(why), "{said}");
}

fn manifest(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("manifest.json")).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}

/// Counts how many of these keys are accepted.
async fn accepted(site: &Site, keys: &[(i64, String)]) -> usize {
    let mut count = 0;
    for (_, key) in keys {
        match site.status(key).await {
            200 => count += 1,
            401 => {}
            other => panic!("{other}"),
        }
    }
    count
}

// B9, D.8: the drill. The backup is made under load, and 100 keys are revoked after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_were_revoked_after_the_backup_stay_revoked() {
    let mut site = Site::start().await;
    let mut keys = site.keys(100).await;
    let kept = site.keys(1).await;
    let writers = site.write_all_the_time(3);
    let backup = site.folder.0.join("backups").join("monday");
    fs::create_dir(site.folder.0.join("backups")).expect("a folder");
    let done = succeeded(&site.run(&["backup", "backups/monday"]));
    writers.abort();
    assert!(done.contains("Backed up 1 organizations"), "{done}");
    let contents = manifest(&backup);
    assert!(contents["counts"]["api_keys"].as_i64() >= Some(102));
    assert!(contents["audit_logs"][0]["events"].as_i64() >= Some(102));
    succeeded(&site.run(&["backup", "verify", "backups/monday"]));

    for (id, _) in &keys {
        site.revoke(*id).await;
    }
    assert_eq!(accepted(&site, &keys).await, 0);
    // A key of which the backup knows nothing.
    keys.extend(site.keys(1).await);
    site.stop();
    let restored = succeeded(&site.run(&["restore", "backups/monday", "--replace"]));
    assert_eq!(
        restored
            .matches("is revoked: it was revoked or changed")
            .count(),
        100,
        "{restored}"
    );
    assert!(restored.contains("is now"), "{restored}");
    site.serve();
    assert_eq!(accepted(&site, &keys).await, 0);
    assert_eq!(accepted(&site, &kept).await, 1);
    succeeded(&site.run(&["audit", "verify"]));

    // The database that was there before is still whole.
    let aside = fs::read_dir(site.folder.0.join("data"))
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .find(|path| {
            let name = path.to_string_lossy();
            name.contains(".replaced-") && name.ends_with('Z')
        });
    let aside = format!(
        "--database-url=sqlite://{}",
        aside.expect("a file").display()
    );
    succeeded(&site.run(&["audit", "verify", &aside]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_complete_or_does_not_exist() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::start().await;
    succeeded(&site.run(&["backup", "one"]));
    let one = site.folder.0.join("one");
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("a file")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&one), 0o700);
    for file in ["roundtable.db", "manifest.json"] {
        assert_eq!(mode(&one.join(file)), 0o600, "{file}");
    }
    let master_key = fs::read_to_string(site.folder.0.join("data/master.key")).expect("a key");
    let text = fs::read_to_string(one.join("manifest.json")).expect("a manifest");
    assert!(!text.contains(master_key.trim()), "{text}");

    let before = fs::read(one.join("manifest.json")).expect("a manifest");
    refused(&site.run(&["backup", "one"]), 1, "one exists already");
    assert_eq!(
        fs::read(one.join("manifest.json")).expect("a manifest"),
        before
    );
    for (arguments, why) in [
        (
            &["backup", "nowhere/one"][..],
            "cannot create nowhere/one",
        ),
        (&["backup", ".."], "cannot be the name"),
        (
            &["backup", "two", "--database-url=sqlite://empty.db"],
            "cannot open empty.db",
        ),
    ] {
        let output = site.run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(said(&output).contains(why), "{}", said(&output));
    }
    let names = fs::read_dir(&site.folder.0)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("a file")
                .file_name()
                .into_string()
                .expect("text")
        });
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    assert_eq!(names, ["data", "one"], "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_contains_the_same_files() {
    let site = Site::start().await;
    let output = site.run(&["backup", "-"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut archive = tar::Archive::new(output.stdout.as_slice());
    archive.set_preserve_permissions(true);
    archive.unpack(&site.folder.0).expect("unpacked");
    succeeded(&site.run(&["backup", "verify", "roundtable-backup"]));

    // A truncated archive has no manifest.
    let cut = &output.stdout[..output.stdout.len() - 4096];
    let names: Vec<_> = tar::Archive::new(cut)
        .entries()
        .expect("an archive")
        .map_while(Result::ok)
        .map(|entry| entry.path().expect("a path").into_owned())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.ends_with("manifest.json")),
        "{names:?}"
    );
}

/// Writes a byte of a file.
fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("a file");
    bytes[at] ^= 1;
    fs::write(path, bytes).expect("written");
}

/// Changes a field of a manifest.
fn edit(folder: &Path, change: impl FnOnce(&mut Value)) {
    let mut contents = manifest(folder);
    change(&mut contents);
    fs::write(folder.join("manifest.json"), contents.to_string()).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_backup_is_neither_verified_nor_restored() {
    let mut site = Site::start().await;
    site.keys(3).await;
    let verify = |name: &str| site.run(&["backup", "verify", name]);
    let folder = |name: &str| site.folder.0.join(name);
    for name in [
        "byte",
        "short",
        "head",
        "counts",
        "no-manifest",
        "future",
        "key",
    ] {
        succeeded(&site.run(&["backup", name]));
    }
    flip(&folder("byte").join("roundtable.db"), 9_000);
    refused(
        &verify("byte"),
        1,
        "the SHA-256 of byte/roundtable.db differs",
    );
    let short = fs::OpenOptions::new()
        .write(true)
        .open(folder("short").join("roundtable.db"))
        .expect("a file");
    short.set_len(4096).expect("truncated");
    refused(&verify("short"), 1, "4096 bytes instead of");
    edit(&folder("head"), |manifest| {
        manifest["audit_logs"][0]["n"] = 2.into()
    });
    refused(&verify("head"), 1, "the ends of the audit logs");
    edit(&folder("counts"), |manifest| {
        manifest["counts"]["api_keys"] = 2.into()
    });
    refused(&verify("counts"), 1, "the numbers of rows");
    fs::remove_file(folder("no-manifest").join("manifest.json")).expect("deleted");
    refused(&verify("no-manifest"), 1, "is not a complete backup");
    edit(&folder("future"), |manifest| {
        manifest["format_version"] = 2.into()
    });
    refused(&verify("future"), 1, "its format is version 2");

    // The copy is not changed by a check, and can be checked without the master key.
    let other = site.folder.0.join("other.key");
    fs::write(
        &other,
        "3f0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    )
    .expect("written");
    fs::set_permissions(
        &other,
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .expect("permissions");
    let wrong = ["backup", "verify", "key", "--master-key-file=other.key"];
    refused(
        &site.run(&wrong),
        78,
        "the database belongs to the master key",
    );
    let data = folder("data");
    fs::rename(data.join("master.key"), folder("master.key")).expect("moved");
    let checked = succeeded(&verify("key"));
    assert!(
        checked.contains("there is no master key"),
        "{checked}"
    );
    fs::rename(folder("master.key"), data.join("master.key")).expect("moved");
    assert_eq!(
        fs::read_dir(folder("key"))
            .expect("a folder")
            .count(),
        2
    );

    site.stop();
    let database = fs::read(data.join("roundtable.db")).expect("a file");
    for (name, code, why) in [
        ("byte", 1, "the SHA-256"),
        ("no-manifest", 1, "is not a complete backup"),
        ("nowhere", 1, "is not a complete backup"),
    ] {
        refused(&site.run(&["restore", name, "--replace"]), code, why);
    }
    let wrong = ["restore", "key", "--replace", "--master-key-file=other.key"];
    refused(
        &site.run(&wrong),
        78,
        "the database belongs to the master key",
    );
    assert_eq!(
        fs::read(data.join("roundtable.db")).expect("a file"),
        database
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_replaces_no_database_unasked_and_needs_the_journal() {
    let mut site = Site::start().await;
    let keys = site.keys(2).await;
    succeeded(&site.run(&["backup", "one"]));
    for arguments in [&["restore", "one"][..], &["restore", "one", "--replace"]] {
        refused(
            &site.run(arguments),
            78,
            "another process serves the database",
        );
    }
    site.stop();
    refused(&site.run(&["restore", "one"]), 2, "add --replace");
    let data = site.folder.0.join("data");
    let journal = data.join("roundtable.db.journal");
    let moved = site.folder.0.join("moved.journal");
    fs::rename(&journal, &moved).expect("moved");
    refused(
        &site.run(&["restore", "one", "--replace"]),
        2,
        "there is no revocation journal",
    );
    // Another machine: nothing is there but the key and the journal.
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(data.join(format!("roundtable.db{ending}")));
    }
    fs::rename(&moved, &journal).expect("moved");
    succeeded(&site.run(&["restore", "one"]));
    site.serve();
    assert_eq!(accepted(&site, &keys).await, 2);
    site.stop();
    fs::remove_file(&journal).expect("deleted");
    succeeded(&site.run(&["restore", "one", "--replace", "--without-journal"]));
    // A database that was restored by other means.
    fs::remove_file(&journal).expect("deleted");
    refused(
        &site.run(&["restore", "--accept"]),
        2,
        "there is no revocation journal",
    );
    succeeded(&site.run(&["restore", "--accept", "--without-journal"]));
    assert!(journal.exists());
    refused(&site.run(&["restore"]), 2, "DIR");
    refused(
        &site.run(&["restore", "one", "--accept"]),
        2,
        "cannot be used with",
    );
}

// Whenever it is killed: either there is no folder, or the folder is complete.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_backup_is_complete_or_does_not_exist() {
    let site = Site::start().await;
    site.keys(20).await;
    for milliseconds in (0..60).step_by(6) {
        let name = format!("after-{milliseconds}");
        let mut backup = site
            .command(&["backup", &name])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
        let _ = backup.kill();
        backup.wait().expect("it ended");
        if site.folder.0.join(&name).exists() {
            succeeded(&site.run(&["backup", "verify", &name]));
        }
    }
}
