//! Commands for the operator with the real program: the check of migrations, and adding an owner.

use std::fs;
use std::process::Output;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::program::{Folder, Server};

fn ended(output: &Output) -> (Option<i32>, String) {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn a_command_does_not_fail_when_its_output_is_not_read_to_the_end() {
    let folder = Folder::initialized();
    for arguments in [
        &["settings", "print"][..],
        &["migrate", "--check"],
        &["keyring", "status"],
        &["audit", "verify"],
        &["audit", "head-keys"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = folder
            .command(arguments, &[])
            .stdout(writer)
            .output()
            .expect("the program runs");
        let (code, text) = ended(&output);
        assert_eq!(code, Some(0), "{arguments:?}: {text}");
        assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    }
}

/// Runs a statement, and moves the write-ahead log into the file.
async fn run(folder: &Folder, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(folder.0.join("data/roundtable.db"));
    let mut conn = SqliteConnection::connect_with(&options)
        .await
        .expect("it opens");
    for sql in [sql, "PRAGMA wal_checkpoint(TRUNCATE)"] {
        sqlx::query(sql)
            .execute(&mut conn)
            .await
            .expect("done");
    }
    conn.close().await.expect("closed");
}

#[tokio::test]
async fn a_check_of_the_migrations_changes_nothing() {
    let folder = Folder::new();
    let missing = ended(&folder.run(&["migrate", "--check"], &[]));
    assert_eq!(missing.0, Some(78), "{missing:?}");
    assert!(!folder.0.join("data").exists());

    let folder = Folder::initialized();
    let file = folder.0.join("data/roundtable.db");
    for (statement, code, said) in [
        ("SELECT 1", 0, "The tables are up to date."),
        (
            "DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)",
            1,
            " is pending",
        ),
        (
            "DELETE FROM _sqlx_migrations WHERE version > 23",
            1,
            " migrations are pending, 24 to ",
        ),
        (
            "UPDATE _sqlx_migrations SET success = FALSE WHERE version = 23",
            65,
            "migration 23 was not finished",
        ),
        (
            "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 23",
            65,
            "the tables are newer than this program",
        ),
    ] {
        run(&folder, statement).await;
        let before = fs::read(&file).expect("a file");
        let (found, text) = ended(&folder.run(&["migrate", "--check"], &[]));
        assert_eq!(found, Some(code), "{statement}: {text}");
        assert!(text.contains(said), "{statement}: {text}");
        assert_eq!(
            fs::read(&file).expect("a file"),
            before,
            "{statement}"
        );
    }
    let refused = ended(&folder.run(&["backup", "one"], &[]));
    assert_eq!(refused.0, Some(65), "{refused:?}");
}

#[test]
fn an_owner_is_added_only_while_the_server_is_stopped() {
    let folder = Folder::initialized();
    let address = [("ROUNDTABLE_ADDR", "127.0.0.1:0")];
    let server = Server::start(folder.command(&["serve", "--demo"], &address));
    let listed = folder.run(&["audit", "verify"], &[]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let organization = listed.split(':').next().expect("an organization");
    let add = |email: &str, organization: &str, reason: &str| {
        let arguments = [
            "owner",
            "add",
            email,
            "--organization",
            organization,
            "--reason",
            reason,
        ];
        ended(&folder.run(&arguments, &[]))
    };
    let refused = add("new@acme.example", organization, "locked out");
    assert_eq!(refused.0, Some(78), "{refused:?}");
    assert!(refused.1.contains("another process"), "{refused:?}");
    drop(server);
    for (email, organization, reason, code, why) in [
        (
            "nobody",
            organization,
            "locked out",
            2,
            "EMAIL must be an email",
        ),
        (
            "new@acme.example",
            "acme",
            "locked out",
            78,
            "--organization must be",
        ),
        (
            "new@acme.example",
            "org_0000000000000000",
            "locked out",
            2,
            "there is no organization",
        ),
        (
            "new@acme.example",
            organization,
            " ",
            78,
            "--reason must be",
        ),
    ] {
        let refused = add(email, organization, reason);
        assert_eq!(refused.0, Some(code), "{refused:?}");
        assert!(refused.1.contains(why), "{refused:?}");
    }
    let added = add("New@acme.example", organization, "locked out");
    assert_eq!(added.0, Some(0), "{added:?}");
    assert!(
        added.1.contains("The next person who signs in"),
        "{added:?}"
    );
    let again = add("new@acme.example", organization, "locked out");
    assert!(again.1.contains("is an owner of"), "{again:?}");
    assert!(
        folder
            .run(&["audit", "verify"], &[])
            .status
            .success()
    );
}
