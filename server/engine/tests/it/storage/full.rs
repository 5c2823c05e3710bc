//! A full disk, on a small tmpfs. Mounting it needs a user namespace, which the system may forbid.

use std::io::Write;
use std::process::Command;

use domain::Code;
use domain::command::{ChangeServiceAccount, CreateServiceAccount};
use engine::audit::ChainState;

use crate::rollback::engine_with_journal;
use crate::test_app::{NORTH, TestApp, TestDatabase, refusal, revoke};

/// The environment variable with the path of the small file system.
const FOLDER: &str = "ROUNDTABLE_TEST_SMALL_DISK";
const KEYS: usize = 1_000;

// R1, D.5: creations fail, a thousand revocations succeed with their events, and the engine
// recovers by itself.
#[test]
fn revoking_works_on_a_full_disk() {
    for size in ["12m", "40m"] {
        on_a_disk_of(size, "storage::full::on_a_small_disk");
    }
}

// R3: a revocation that cannot be written to the journal is not acknowledged, but it is effective.
#[test]
fn a_revocation_fails_if_the_journal_cannot_be_written() {
    on_a_disk_of("64k", "storage::full::journal_on_a_small_disk");
}

/// Runs an ignored test on a file system of this size, if the system allows mounting one.
#[expect(
    clippy::print_stderr,
    reason = "the output must show that the test was skipped"
)]
fn on_a_disk_of(size: &str, inside: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let test = std::env::current_exe().expect("this program");
    let script = format!(
        "mount -t tmpfs -o size={size} none \"$0\" || exit 77; exec \"$1\" --ignored --exact {inside}"
    );
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c", &script])
        .arg(folder.path())
        .arg(test)
        .env(FOLDER, folder.path());
    let Ok(done) = command.output() else {
        return eprintln!("no unshare here: skipped");
    };
    let said = String::from_utf8_lossy(&done.stdout);
    if done.status.code() == Some(77) || !said.contains("running 1 test") && !done.status.success()
    {
        return eprintln!("no file system can be mounted here: skipped");
    }
    assert!(
        done.status.success() && said.contains("1 passed"),
        "{size}: {said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs on a file system that the test above mounts"]
async fn journal_on_a_small_disk() {
    let folder = std::path::PathBuf::from(std::env::var(FOLDER).expect("a folder"));
    let app = TestApp::on_sqlite().await;
    let file = folder.join("roundtable.journal");
    let engine = engine_with_journal(&app, &app.db, &file).await;
    let olga = app.north("olga").await;
    engine.ready().await.expect("ready");
    let mut last = None;
    for _ in 0..KEYS {
        let key = app.key_of(&olga).await;
        let done = engine
            .revoke_key(&olga, revoke(key.view.key_id))
            .await;
        let failed = done.is_err();
        last = Some((key, done));
        if failed {
            break;
        }
    }
    let (key, done) = last.expect("a key");
    assert_eq!(
        refusal(done),
        Code::Unavailable,
        "the disk is not full"
    );
    assert_eq!(refusal(engine.ready().await), Code::Unavailable);
    // The key is rejected regardless of the database: from memory, and from the file as soon as
    // there is space.
    let sql = format!(
        "UPDATE api_keys SET revoked_at = NULL WHERE id = {}",
        key.view.key_id
    );
    app.intruder().await.run(&sql).await;
    assert_eq!(
        refusal(
            engine
                .authenticate_key(&key.plain, crate::test_app::origin())
                .await
        ),
        Code::Unauthorized
    );
    let kept = std::fs::metadata(&file)
        .expect("the journal")
        .len();
    assert!(kept <= 64 * 1024, "{kept}");
    let grow = Command::new("mount")
        .args(["-o", "remount,size=4m"])
        .arg(&folder)
        .status()
        .expect("mount runs");
    assert!(grow.success(), "the disk does not grow");
    engine
        .catch_up_journal()
        .await
        .expect("there is space");
    engine.ready().await.expect("ready again");
    drop(engine);
    let text = std::fs::read(&file).expect("the journal");
    let entry = format!("\nkey {} {} ", key.view.key_id, i64::MAX);
    assert!(
        String::from_utf8_lossy(&text).contains(&entry),
        "the entry is missing"
    );
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs on a file system that the test above mounts"]
async fn on_a_small_disk() {
    let folder = std::path::PathBuf::from(std::env::var(FOLDER).expect("a folder"));
    let app = TestApp::empty(TestDatabase::in_folder(&folder)).await;
    app.stage().await;
    let olga = app.north("olga").await;
    let (mia, _) = app.browser("mia").await;
    let command = CreateServiceAccount::read("robot", Some("member"), false).expect("an account");
    let robot = app
        .engine
        .create_service_account(&olga, command)
        .await
        .expect("an account")
        .actor_id;
    let mut keys = Vec::new();
    for _ in 0..KEYS {
        keys.push(app.key_of(&olga).await.view.key_id);
    }
    app.db.hold_reserve(engine::BALLAST).await;
    assert!(
        folder.join("roundtable.db.ballast").exists(),
        "no reserve"
    );
    fill(&folder);
    // Use up the space that is left in the existing files.
    let mut last = Ok(());
    for n in 0..100_000 {
        last = app
            .workspace(&olga, &format!("w{n}"))
            .await
            .map(drop);
        if last.is_err() {
            break;
        }
    }
    assert_eq!(
        refusal(last),
        Code::Unavailable,
        "the disk is not full"
    );
    assert_eq!(refusal(app.engine.ready().await), Code::Unavailable);
    for (n, &key) in keys.iter().enumerate() {
        app.engine
            .revoke_key(&olga, revoke(key))
            .await
            .unwrap_or_else(|error| panic!("revocation {n}: {error:?}"));
        if n % 25 == 0 {
            assert_eq!(
                refusal(app.workspace(&olga, "late").await),
                Code::Unavailable,
                "a creation succeeded although the disk is full"
            );
        }
    }
    // The released reserve is not mistaken for free space at the next check.
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(
        refusal(app.workspace(&olga, "late").await),
        Code::Unavailable,
        "a creation from the reserve"
    );
    let disable = ChangeServiceAccount {
        actor: robot,
        name: None,
        role: None,
        disabled: Some(true),
        allow_overlap: None,
        allowed_ips: None,
    };
    app.engine
        .change_service_account(&olga, disable)
        .await
        .expect("disabled");
    app.engine
        .sign_out(&mia, &crate::test_app::origin())
        .await
        .expect("signed out");
    let max = app.member("max", NORTH).await;
    app.engine
        .remove_member(&olga, max)
        .await
        .expect("removed");
    assert_eq!(refusal(app.engine.ready().await), Code::Unavailable);
    let sql = "SELECT count(*) FROM audit_events WHERE action = 'key.revoked'";
    assert_eq!(app.intruder().await.number(sql).await, KEYS as i64);
    assert_eq!(
        app.intruder()
            .await
            .text("PRAGMA integrity_check")
            .await,
        "ok"
    );
    let north = app.organization(NORTH).await;
    assert!(matches!(
        app.engine.verify_audit(&north).await,
        Ok(ChainState::Sound(_))
    ));
    std::fs::remove_file(folder.join("filler")).expect("space");
    let mut tries = 0;
    while app.engine.ready().await.is_err() {
        tries += 1;
        assert!(tries < 100, "the engine did not recover");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    app.workspace(&olga, "again")
        .await
        .expect("there is space");
    assert!(
        folder.join("roundtable.db.ballast").exists(),
        "the reserve was not restored"
    );
    app.close().await;
}

fn fill(folder: &std::path::Path) {
    let mut filler = std::fs::File::create(folder.join("filler")).expect("a file");
    for size in [65_536, 4096] {
        while filler.write_all(&vec![7; size]).is_ok() {}
    }
}
