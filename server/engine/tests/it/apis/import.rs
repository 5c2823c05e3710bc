//! Keys that another system has issued.

use domain::command::{
    ConsumerQuery, ImportKeys, ImportedKey, ImportedKeyDraft, RotateKey, VerifyKey,
};
use domain::token::PresentedKey;
use domain::view::{ImportReport, VerdictCode};
use domain::{Code, Fault};
use engine::Ctx;
use sha2::{Digest, Sha256};

use super::checks::code;
use super::{api, consumer, pause, slug};
use crate::test_app::{NORTH, TestApp, refusal, revoke};

/// Keys as other systems issue them.
const KEYS: [&str; 3] = [
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "unkey_3ZZ7Fv8Hq2dKq5n6p1s2t3u4",
    "0c6d3e1f2a3b4c5d6e7f8091a2b3c4d5",
];

fn presented(text: &str) -> PresentedKey {
    PresentedKey::read(text).expect("a key")
}

fn key(ctx: &Ctx, text: &str, external_id: &str, scopes: &[&str]) -> ImportedKey {
    let sha256 = hex::encode(Sha256::digest(text));
    let scopes: Vec<_> = scopes
        .iter()
        .map(|scope| (*scope).to_owned())
        .collect();
    let draft = ImportedKeyDraft {
        sha256: &sha256,
        external_id,
        scopes: &scopes,
        ..ImportedKeyDraft::default()
    };
    ImportedKey::read(&draft, ctx.now()).expect("valid")
}

fn import(keys: impl IntoIterator<Item = ImportedKey>, dry_run: bool) -> ImportKeys {
    ImportKeys {
        api: slug("orders"),
        keys: (2..).zip(keys).collect(),
        dry_run,
    }
}

async fn run(app: &TestApp, ctx: &Ctx, command: ImportKeys) -> ImportReport {
    app.engine
        .import_keys(ctx, command)
        .await
        .expect("a report")
}

async fn passes(app: &TestApp, text: &str, api: &str, scopes: &str) -> VerdictCode {
    code(&app.engine, &presented(text), api, scopes).await
}

both! {
    // D34: nobody's customers need new keys.
    keys_of_another_system_pass_at_the_gate_of_their_api(app) {
        let ada = app.north("ada").await;
        api(app, &ada, "orders").await;
        api(app, &ada, "billing").await;
        consumer(app, &ada, "customer_1").await;
        let keys = || [
            key(&ada, KEYS[0], "customer_1", &["orders:write"]),
            key(&ada, KEYS[1], "customer_2", &[]),
        ];
        let tried = run(app, &ada, import(keys(), true)).await;
        assert_eq!(tried, ImportReport { keys: 2, new_consumers: 1, faults: Vec::new() });
        assert_eq!(passes(app, KEYS[0], "orders", "").await, VerdictCode::NotFound, "a dry run stores nothing");
        assert_eq!(run(app, &ada, import(keys(), false)).await, tried);

        assert_eq!(passes(app, KEYS[0], "orders", "orders:read").await, VerdictCode::Valid);
        assert_eq!(passes(app, KEYS[1], "orders", "").await, VerdictCode::Valid);
        assert_eq!(passes(app, KEYS[1], "orders", "orders:read").await, VerdictCode::MissingScope);
        assert_eq!(passes(app, KEYS[0], "billing", "").await, VerdictCode::WrongApi);
        assert_eq!(passes(app, KEYS[2], "orders", "").await, VerdictCode::NotFound);
        let verify = async |api| {
            let command = VerifyKey::read(KEYS[0], api, None, None, false).expect("valid");
            app.engine.verify_key(&ada, &command).await.expect("a verdict").code
        };
        assert_eq!(verify(Some("orders")).await, VerdictCode::Valid);
        assert_eq!(verify(None).await, VerdictCode::NotFound, "for Roundtable, it is no key");

        // Lists show how it starts. It is revoked like every other key, and its successor is a key of
        // this system.
        let list = app.engine.list_api_keys(&ada, &slug("orders"), &Default::default(), 10).await.expect("a list");
        let line = list.rows.iter().find(|line| line.key.actor_name == "customer_2").expect("listed");
        let digest = hex::encode(Sha256::digest(KEYS[1]));
        assert_eq!(line.key.key_prefix, format!("sha256_{}", &digest[..8]));
        let rotated = app.engine.rotate_key(&ada, RotateKey::immediately(line.key.key_id), None).await.expect("rotated");
        assert!(rotated.new.plain.expose().starts_with("orders_live_"));
        assert_eq!(passes(app, KEYS[1], "orders", "").await, VerdictCode::Revoked);
        let first = list.rows.iter().find(|line| line.key.actor_name == "customer_1").expect("listed");
        app.engine.revoke_key(&ada, revoke(first.key.key_id)).await.expect("revoked");
        assert_eq!(passes(app, KEYS[0], "orders", "").await, VerdictCode::Revoked);
        app.sound_chain(NORTH).await;
    }

    an_import_with_an_invalid_key_stores_nothing(app) {
        let ada = app.north("ada").await;
        api(app, &ada, "orders").await;
        let paused = consumer(app, &ada, "customer_3").await;
        app.engine.change_consumer(&ada, pause(&paused, true)).await.expect("paused");
        run(app, &ada, import([key(&ada, KEYS[2], "customer_1", &[])], false)).await;
        let keys = [
            key(&ada, KEYS[0], "customer_2", &[]),
            key(&ada, KEYS[0], "customer_2", &[]),
            key(&ada, KEYS[1], "customer_2", &["orders:eat"]),
            key(&ada, KEYS[1], "customer_3", &[]),
            key(&ada, KEYS[2], "customer_4", &[]),
        ];
        let report = run(app, &ada, import(keys, false)).await;
        let faults: Vec<_> = report.faults.into_iter().map(|fault| (fault.field, fault.fault)).collect();
        assert_eq!(faults, [
            ("lines[3].sha256".into(), Fault::Repeated),
            ("lines[4].scopes".into(), Fault::Undeclared),
            ("lines[5].external_id".into(), Fault::Paused),
            ("lines[6].sha256".into(), Fault::AlreadyImported),
        ]);
        assert_eq!(passes(app, KEYS[0], "orders", "").await, VerdictCode::NotFound);
        let consumers = app.engine.list_consumers(&ada, &ConsumerQuery::default(), 10).await.expect("a list");
        assert_eq!(consumers.rows.len(), 2);
        let max = app.north("max").await;
        let command = import([key(&max, KEYS[0], "customer_2", &[])], false);
        assert_eq!(refusal(app.engine.import_keys(&max, command).await), Code::Forbidden);
        app.sound_chain(NORTH).await;
    }
}
