//! Keys, their APIs and consumers.

use domain::command::{
    ApiDraft, ChangeApi, ChangeConsumer, ChangeKey, CreateApi, CreateConsumer, CreateKey,
    CreateServiceAccount, Expiry, ImportKeys, ImportedKey, ImportedKeyDraft, KeyDraft, RotateKey,
};
use domain::key::RevokeReason;
use domain::{Description, Name, Scope, ScopeSet};
use engine::keys::IdempotencyKey;
use serde_json::Map;

use super::parts::{account, key_of};
use super::scene::{Operation, operation};
use crate::apis::{api, api_key, consumer, key_draft, slug};
use crate::test_app::{TestApp, origin, revoke};

fn named(name: &str) -> CreateKey {
    CreateKey::read(name).expect("a name")
}

/// A word that no other scene uses.
fn unique(app: &TestApp, start: &str) -> String {
    let random: [u8; 4] = app.runtime.bytes();
    format!("{start}-{}", hex::encode(random))
}

pub fn created() -> Vec<Operation> {
    vec![
        operation!(create_key, app => {
            let olga = app.north("olga").await;
        } (olga) on => on.engine.create_key(&olga, named("a new key"))),
        operation!(create_key_once, app => {
            let olga = app.north("olga").await;
            let once = IdempotencyKey::of("create_key", &unique(app, "once"), "content");
        } (olga, once) on => on.engine.create_key_once(&olga, named("a new key"), Some(&once))),
        operation!(create_key_with_account, app => {
            let olga = app.north("olga").await;
        } (olga) on => on.engine.create_key_with_account(
            &olga,
            CreateServiceAccount::read("robot", Some("member"), false).expect("an account"),
            named("a new key"),
            None,
        )),
        operation!(create_service_account, app => {
            let olga = app.north("olga").await;
        } (olga) on => on.engine.create_service_account(
            &olga,
            CreateServiceAccount::read("robot", Some("member"), false).expect("an account"),
        )),
        operation!(create_api, app => {
            let ada = app.north("ada").await;
            let word = unique(app, "orders");
        } (ada, word) on => on.engine.create_api(&ada, CreateApi::read(ApiDraft {
            name: Some("Orders"),
            slug: &word,
            ..ApiDraft::default()
        }).expect("an API"))),
        operation!(create_consumer, app => {
            let ada = app.north("ada").await;
            let word = unique(app, "initech");
        } (ada, word) on => on.engine.create_consumer(
            &ada,
            CreateConsumer::read(&word, None, Map::new()).expect("a consumer"),
        )),
        operation!(create_api_key, app => {
            let ada = app.north("ada").await;
            let word = unique(app, "orders");
            api(app, &ada, &word).await;
            let owner = consumer(app, &ada, &unique(app, "initech")).await.actor_id;
            let command = key_draft(&ada, &word, Some(owner), &["orders:read"]);
        } (ada, command) on => on.engine.create_api_key(&ada, command.clone(), None)),
        operation!(import_keys, app => {
            let ada = app.north("ada").await;
            let word = unique(app, "orders");
            api(app, &ada, &word).await;
            let imported: Vec<_> = [1, 2]
                .map(|_| {
                    let (sha256, owner) = (hex::encode(app.runtime.bytes::<32>()), unique(app, "c"));
                    let draft = ImportedKeyDraft {
                        sha256: &sha256,
                        external_id: &owner,
                        ..ImportedKeyDraft::default()
                    };
                    ImportedKey::read(&draft, ada.now()).expect("a key")
                })
                .into();
            let command = ImportKeys {
                api: slug(&word),
                keys: (2..).zip(imported).collect(),
                dry_run: false,
            };
        } (ada, command) on => on.engine.import_keys(&ada, command.clone())),
        operation!(delete_old_requests, app => {
            let olga = app.north("olga").await;
            let once = IdempotencyKey::of("create_key", &unique(app, "once"), "content");
            app.engine.create_key_once(&olga, named("a key"), Some(&once)).await.expect("a key");
            app.clock.advance_seconds(25 * 60 * 60);
        } () on => on.engine.delete_old_requests()),
    ]
}

pub fn changed() -> Vec<Operation> {
    vec![
        operation!(change_key, app => {
            let max = app.north("max").await;
            let (key, name) = (app.key_of(&max).await, unique(app, "name"));
            let (plain, id) = (key.plain, key.view.key_id);
        } (max, name) on => on.engine.change_key(
            &max,
            ChangeKey {
                name: Some(Name::parse(&name).expect("a name")),
                ..ChangeKey::of(id)
            },
        ), keys: [plain]).about("renames"),
        operation!(change_key, app => {
            let olga = app.north("olga").await;
            let key = app.restricted_key("olga", "production", &["workspaces:read", "workspaces:write"]).await;
            let (plain, id) = (key.plain, key.view.key_id);
        } (olga) on => on.engine.change_key(
            &olga,
            ChangeKey {
                scopes: Some(ScopeSet::of([Scope::WorkspacesRead])),
                ..ChangeKey::of(id)
            },
        ), keys: [plain]).about("narrows"),
        operation!(change_key, app => {
            let olga = app.north("olga").await;
            let key = app.key_of(&olga).await;
            let (plain, id) = (key.plain, key.view.key_id);
        } (olga) on => on.engine.change_key(&olga, ChangeKey {
            allowed_ips: Some("203.0.113.0/24".parse().expect("addresses")),
            ..ChangeKey::of(id)
        }), keys: [plain]).about("restricts the addresses"),
        operation!(change_key, app => {
            let max = app.north("max").await;
            let (key, text) = (app.key_of(&max).await, unique(app, "text"));
            let (plain, id) = (key.plain, key.view.key_id);
        } (max, text) on => on.engine.change_key(&max, ChangeKey {
            description: Some(Description::parse(&text).expect("a description")),
            ..ChangeKey::of(id)
        }), keys: [plain]).about("describes"),
        operation!(change_key, app => {
            let olga = app.north("olga").await;
            let key = app.key_of(&olga).await;
            let (plain, id) = (key.plain, key.view.key_id);
        } (olga) on => on.engine.change_key(&olga, ChangeKey {
            expires_at: Some(olga.now().plus_seconds(86_400)),
            ..ChangeKey::of(id)
        }), keys: [plain]).about("expires earlier"),
        operation!(rotate_key, app => {
            let olga = app.north("olga").await;
            let key = app.key_of(&olga).await;
            let (plain, id) = (key.plain, key.view.key_id);
        } (olga) on => on.engine.rotate_key(&olga, RotateKey::immediately(id), None),
            keys: [plain]).about("at once"),
        operation!(rotate_key, app => {
            let olga = app.north("olga").await;
            let key = app.key_of(&olga).await;
            let (plain, id) = (key.plain, key.view.key_id);
            let once = IdempotencyKey::of("rotate_key", &unique(app, "once"), "content");
        } (olga, once) on => on.engine.rotate_key(&olga, RotateKey {
            overlap_seconds: 3_600,
            ..RotateKey::immediately(id)
        }, Some(&once)), keys: [plain]).about("with a grace period"),
        operation!(rotate_calling_key, app => {
            let key = app.north_key("olga").await;
            let calling = app.with_key(&key.plain).await.ctx;
            let (plain, id) = (key.plain, key.view.key_id);
            let watched = plain.clone();
        } (calling, plain) on => on.engine.rotate_calling_key(
            &calling,
            &plain,
            RotateKey::immediately(id),
            true,
            None,
        ), keys: [watched]),
        operation!(revoke_key, app => {
            let olga = app.north("olga").await;
            let key = app.key_of(&olga).await;
            let (plain, id) = (key.plain, key.view.key_id);
        } (olga) on => on.engine.revoke_key(&olga, revoke(id)), keys: [plain]),
        operation!(revoke_key, app => {
            let key = app.north_key("max").await;
            let calling = app.with_key(&key.plain).await.ctx;
            let (plain, id) = (key.plain, key.view.key_id);
        } (calling) on => on.engine.revoke_key(&calling, revoke(id)), keys: [plain])
            .about("by itself"),
        operation!(revoke_keys, app => {
            let olga = app.north("olga").await;
            let (one, other) = (app.north_key("max").await, app.north_key("mia").await);
            let ids = [one.view.key_id, other.view.key_id];
        } (olga) on => on.engine.revoke_keys(&olga, &ids, RevokeReason::Leaked),
            keys: [one.plain, other.plain]),
        operation!(expose_key, app => {
            let key = app.north_key("max").await;
            let plain = key.plain;
            let watched = plain.clone();
        } (plain) on => on.engine.expose_key(&plain, &origin()), keys: [watched]),
        operation!(expire_keys, app => {
            let olga = app.north("olga").await;
            let draft = KeyDraft {
                name: "short",
                expires_at: Expiry::InDays("1"),
                ..KeyDraft::default()
            };
            let command = CreateKey::draft(&draft, app.runtime.now()).expect("a key");
            app.engine.create_key(&olga, command).await.expect("a key");
            app.clock.advance_seconds(86_400);
        } () on => on.engine.expire_keys()).best_effort(),
        operation!(authenticate_read_key, app => {
            let olga = app.north("olga").await;
            let draft = KeyDraft {
                name: "short",
                expires_at: Expiry::InDays("1"),
                ..KeyDraft::default()
            };
            let command = CreateKey::draft(&draft, app.runtime.now()).expect("a key");
            let plain = app.engine.create_key(&olga, command).await.expect("a key").plain;
            app.clock.advance_seconds(86_400);
        } (plain) on => async {
            // The refusal is a success here, and records the expiry.
            match on.engine.authenticate_read_key(&plain, origin()).await {
                Err(engine::Error::Unauthenticated(_)) => Ok(()),
                other => other.map(drop),
            }
        }).about("of an expired key").best_effort(),
        operation!(change_service_account, app => {
            let (olga, robot) = (app.north("olga").await, account(app).await);
            let key = key_of(app, robot).await;
            let command = domain::command::ChangeServiceAccount::read(robot, None, None, Some(true), None)
                .expect("a change");
            let plain = key.plain;
        } (olga, command) on => on.engine.change_service_account(&olga, command.clone()),
            keys: [plain]).about("disables"),
        operation!(change_api, app => {
            let ada = app.north("ada").await;
            let word = unique(app, "orders");
            api(app, &ada, &word).await;
            let owner = consumer(app, &ada, &unique(app, "initech")).await.actor_id;
            let plain = api_key(app, &ada, &word, owner, &["orders:read"]).await.plain;
            let draft = ApiDraft { slug: "", ..ApiDraft::default() };
            let command = ChangeApi::read(slug(&word), draft, Some(true)).expect("a change");
        } (ada, command) on => on.engine.change_api(&ada, command.clone()), keys: [plain])
            .about("archives"),
        operation!(change_consumer, app => {
            let ada = app.north("ada").await;
            let word = unique(app, "orders");
            api(app, &ada, &word).await;
            let owner = consumer(app, &ada, &unique(app, "initech")).await.actor_id;
            let plain = api_key(app, &ada, &word, owner, &["orders:read"]).await.plain;
            let command = ChangeConsumer::read(owner, None, None, Some(true)).expect("a change");
        } (ada, command) on => on.engine.change_consumer(&ada, command.clone()), keys: [plain])
            .about("pauses"),
        operation!(flush_usage, app => {
            app.engine.flush_usage().await.expect("flushed");
            let key = app.north_key("max").await;
            app.with_key(&key.plain).await;
        } () on => on.engine.flush_usage()),
        operation!(delete_old_usage, app => {
            let key = app.north_key("max").await;
            app.with_key(&key.plain).await;
            app.engine.flush_usage().await.expect("flushed");
            app.clock.advance_seconds(400 * 86_400);
        } () on => on.engine.delete_old_usage()),
    ]
}
