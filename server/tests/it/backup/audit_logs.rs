//! `roundtable audit verify` next to a running server, and the file of heads.

use std::fs;

use domain::command::FoundOrganization;
use domain::token::Brand;
use engine::ctx::Origin;
use engine::keyring::{self, MasterKey};
use engine::runtime::{FrozenClock, SeededRng};
use engine::{Db, Engine, Runtime};
use serde_json::Value;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::site::Site;
use super::{refused, said, succeeded};
use crate::program::{Folder, Server, free_address};

/// Runs a statement in the database of a site, as an intruder.
async fn run(site: &Site, sql: &'static str) {
    let options = SqliteConnectOptions::new()
        .filename(site.folder.0.join("data/roundtable.db"))
        .foreign_keys(false)
        .busy_timeout(std::time::Duration::from_secs(10));
    let mut conn = SqliteConnection::connect_with(&options)
        .await
        .expect("it opens");
    let done = sqlx::query(sql).execute(&mut conn).await;
    assert_eq!(done.expect("done").rows_affected(), 1, "{sql}");
    conn.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_altered_event_is_named() {
    let site = Site::start().await;
    site.keys(5).await;
    let writers = site.write_all_the_time(1);
    while writers.written() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let verified = succeeded(&site.run(&["audit", "verify"]));
    assert!(
        verified.contains(": verified up to event "),
        "{verified}"
    );
    writers.abort();
    let report = site.run(&["audit", "verify", "--json"]);
    let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report["sound"], true);
    let organization = report["organizations"][0]["organization_id"]
        .as_str()
        .expect("an ID");
    for (id, code, why) in [
        ("acme", 78, "--organization must be the ID"),
        ("org_0000000000000000", 2, "there is no organization"),
    ] {
        refused(
            &site.run(&["audit", "verify", "--organization", id]),
            code,
            why,
        );
    }

    run(
        &site,
        "UPDATE audit_events SET at = at + 1 WHERE n = 4",
    )
    .await;
    let one = ["audit", "verify", "--organization", organization];
    refused(
        &site.run(&one),
        1,
        "event 4 was altered, removed or added",
    );
    let report = site.run(&["audit", "verify", "--json"]);
    assert_eq!(report.status.code(), Some(1), "{}", said(&report));
    let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report["sound"], false);
    assert_eq!(report["organizations"][0]["broken_at"], 4);
    assert_eq!(report["organizations"][0]["verified"], 3);
}

// D.6: only a head outside of the database shows that the end of a log was cut off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_outside_of_the_database_show_a_truncated_log() {
    let mut site = Site::start().await;
    site.keys(5).await;
    site.stop();
    site.set("ROUNDTABLE_AUDIT_HEADS_FILE", "heads.jsonl");
    site.serve();
    let file = site.folder.0.join("heads.jsonl");
    while fs::read(&file).is_ok_and(|text| text.is_empty()) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    site.stop();
    let with_heads = ["audit", "verify", "--heads", "heads.jsonl"];
    let verified = succeeded(&site.run(&with_heads));
    assert!(
        verified.contains("1 heads are on their chain"),
        "{verified}"
    );

    run(
        &site,
        "DELETE FROM audit_events WHERE n = (SELECT MAX(n) FROM audit_events)",
    )
    .await;
    run(
        &site,
        "UPDATE audit_heads SET n = n - 1, hash = (SELECT hash FROM audit_events e \
         WHERE e.organization_id = audit_heads.organization_id AND e.n = audit_heads.n - 1)",
    )
    .await;
    succeeded(&site.run(&["audit", "verify"]));
    refused(&site.run(&with_heads), 1, "is missing");
    let report = site.run(&["audit", "verify", "--json", "--heads", "heads.jsonl"]);
    let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(
        (&report["sound"], &report["heads"]["faults"]),
        (&false.into(), &1.into())
    );

    // What the operator accepts is no longer a fault. The journal knows that the event existed.
    succeeded(&site.run(&["audit", "accept", "--reason", "looked"]));
    let accepted = succeeded(&site.run(&with_heads));
    assert!(accepted.contains("that was accepted"), "{accepted}");
    refused(
        &site.run(&["audit", "verify", "--heads", "nowhere"]),
        2,
        "cannot read nowhere",
    );
    site.set("ROUNDTABLE_AUDIT_HEADS_FILE", "nowhere/heads.jsonl");
    refused(
        &site.run(&["serve"]),
        78,
        "ROUNDTABLE_AUDIT_HEADS_FILE names nowhere/heads.jsonl",
    );
}

/// An organization that was created so many days ago, in the database of a folder.
async fn created_days_ago(folder: &Folder, days: i64) {
    let master = fs::read(folder.0.join("data/master.key")).expect("a master key");
    let master = MasterKey::read(&master).expect("a valid master key");
    let file = folder.0.join("data/roundtable.db");
    let db = Db::open(&format!("sqlite://{}", file.display()))
        .await
        .expect("it opens");
    let ring = keyring::open(&db, &master, None)
        .await
        .expect("the ring opens");
    let then = Runtime::system()
        .now()
        .plus_seconds(-days * 24 * 60 * 60);
    let runtime = Runtime::of(FrozenClock::at(then), SeededRng::new(7));
    let engine = Engine::new(db.clone(), ring, runtime, Brand::default());
    let founding =
        FoundOrganization::read("Acme", "Grace", "grace@example.test").expect("a valid command");
    engine
        .bootstrap(&founding, Origin::default())
        .await
        .expect("bootstrapped");
    db.close().await;
}

// D26: the setting removes old events from the first start on, and the rest verifies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_removes_events_after_the_retention() {
    let folder = Folder::initialized();
    created_days_ago(&folder, 60).await;
    let address = free_address();
    let mut variables = [
        ("ROUNDTABLE_ADDR", address.as_str()),
        ("ROUNDTABLE_AUDIT_RETENTION", "29"),
    ];
    refused(
        &folder.run(&["serve"], &variables),
        78,
        "ROUNDTABLE_AUDIT_RETENTION must be a whole number from 30 to 36500",
    );
    refused(
        &folder.run(&["settings", "check"], &variables),
        78,
        "ROUNDTABLE_AUDIT_RETENTION",
    );
    variables[1].1 = "59";
    let verify = ["audit", "verify", "--json"];
    let mut server = Server::start(folder.command(&["serve"], &variables));
    let report = loop {
        let report = folder.run(&verify, &[]);
        assert_eq!(report.status.code(), Some(0), "{}", said(&report));
        let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
        if report["organizations"][0]["removed"] != 0 {
            break report;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    server.kill();
    assert_eq!(report["sound"], true);
    assert_eq!(report["organizations"][0]["removed"], 2);
    assert_eq!(report["organizations"][0]["verified"], 3);
    let verified = succeeded(&folder.run(&["audit", "verify"], &[]));
    assert!(
        verified.contains(": the events up to 2 were removed because of their age."),
        "{verified}"
    );
}
