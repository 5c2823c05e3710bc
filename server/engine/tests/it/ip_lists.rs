//! Lists of IP addresses of keys, owners and APIs (D39).

use domain::api::KeyHeader;
use domain::command::{
    ApiDraft, ChangeApi, ChangeConsumer, ChangeKey, ChangeServiceAccount, CreateApiKey, CreateKey,
    CreateServiceAccount, KeyDisposition, RemoveMember, RotateKey, VerifyKey,
};
use domain::token::PlainKey;
use domain::view::{NewKey, RefusalCause, VerdictCode};
use domain::{ActorId, Code, Environment, IpBlocks, KeyId};
use engine::ctx::Origin;
use engine::keys::{AuthenticatedRequest, GateNeeds, PresentedAtGate};
use engine::{Ctx, Engine, Result};

use crate::apis::{api, consumer, key_draft, slug};
use crate::key_cache::{cached, joined};
use crate::test_app::{NORTH, TestApp, everything, origin, refusal, revoke};

/// The block of the address that the other tests use, `192.0.2.7`.
const HERE: &str = "192.0.2.0/24";
const ELSEWHERE: &str = "198.51.100.0/24 2001:db8::/32";

fn blocks(line: &str) -> IpBlocks {
    line.parse().expect("blocks")
}

fn at(address: Option<&str>) -> Origin {
    Origin {
        address: address.map(str::to_owned),
        ..origin()
    }
}

async fn admit(
    engine: &Engine,
    key: &PlainKey,
    address: Option<&str>,
) -> Result<AuthenticatedRequest> {
    engine.authenticate_key(key, at(address)).await
}

async fn key_in(app: &TestApp, ctx: &Ctx, owner: Option<ActorId>, line: &str) -> NewKey {
    let command = CreateKey {
        owner,
        allowed_ips: blocks(line),
        ..CreateKey::read("Deploy").expect("a name")
    };
    app.engine
        .create_key(ctx, command)
        .await
        .expect("a key")
}

fn change(key: KeyId, line: &str) -> ChangeKey {
    ChangeKey {
        allowed_ips: Some(blocks(line)),
        ..ChangeKey::of(key)
    }
}

async fn service_account(app: &TestApp, ctx: &Ctx, line: &str) -> ActorId {
    let command = CreateServiceAccount::read("Deploy bot", Some("admin"), true);
    let command = CreateServiceAccount {
        allowed_ips: blocks(line),
        ..command.expect("an account")
    };
    app.engine
        .create_service_account(ctx, command)
        .await
        .expect("an account")
        .actor_id
}

fn change_account(actor: ActorId, line: &str) -> ChangeServiceAccount {
    ChangeServiceAccount {
        actor,
        name: None,
        role: None,
        disabled: None,
        allow_overlap: None,
        allowed_ips: Some(blocks(line)),
    }
}

/// A check at the gate, from memory if the key is there.
async fn gate(engine: &Engine, key: &PlainKey, address: Option<&str>, scopes: &str) -> VerdictCode {
    let scopes = scopes.parse().expect("words");
    let needs = GateNeeds::new(slug("orders"), scopes, Environment::Production);
    let presented = PresentedAtGate {
        key: key.clone().into(),
        header: KeyHeader::Any,
    };
    let origin = at(address);
    let verdict = match engine.check_cached_at_gate(&needs, &presented, &origin) {
        Some(verdict) => verdict,
        None => engine
            .check_at_gate(&needs, &presented, &origin)
            .await
            .expect("a verdict"),
    };
    verdict.map_or_else(|code| code, |_| VerdictCode::Valid)
}

async fn verify(
    app: &TestApp,
    ctx: &Ctx,
    key: &PlainKey,
    api: Option<&str>,
    ip: Option<&str>,
) -> VerdictCode {
    let command = VerifyKey::read(key.expose(), api, None, ip, false).expect("a command");
    app.engine
        .verify_key(ctx, &command)
        .await
        .expect("a verdict")
        .code
}

both! {
    a_key_with_a_list_can_be_used_from_its_addresses_only(app) {
        let max = app.north("max").await;
        let known = app.north_key("mia").await;
        let tasks = joined(&app.engine, &known.plain).await;
        let key = key_in(app, &max, None, ELSEWHERE).await;
        assert_eq!(key.view.allowed_ips, blocks(ELSEWHERE));
        let event = app.newest_event(&max).await;
        let listed = event.changes.iter().find(|change| change.field == "allowed_ips").expect("in the event");
        assert_eq!((listed.before.as_deref(), listed.after.as_deref()), (None, Some(ELSEWHERE)));
        // The first request reads the key, the others find it in memory.
        for _ in 0..2 {
            for (address, is_allowed) in [
                (Some("198.51.100.1"), true), (Some("2001:db8::9"), true), (Some("::ffff:198.51.100.1"), true),
                (Some("192.0.2.7"), false), (Some("2001:db9::"), false), (Some("unknown"), false), (None, false),
            ] {
                match admit(&app.engine, &key.plain, address).await {
                    Ok(_) => assert!(is_allowed, "{address:?}"),
                    Err(error) => assert_eq!((error.code(), is_allowed), (Code::IpNotAllowed, false), "{address:?}"),
                }
            }
        }
        admit(&app.engine, &known.plain, None).await.expect("a key without a list");
        let usage = app.engine.get_key_detail(&max, key.view.key_id).await.expect("a key").usage;
        let refused: Vec<_> = usage.refusals.iter().map(|one| (one.cause, one.count)).collect();
        assert_eq!((usage.calls(1), refused), (6, vec![(RefusalCause::IpNotAllowed, 8)]));
        // Its state counts before the address.
        app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        assert_eq!(refusal(admit(&app.engine, &key.plain, None).await), Code::Unauthorized);
        tasks.leave().await;
    }

    a_list_of_a_key_changes_with_an_event(app) {
        let max = app.north("max").await;
        let key = key_in(app, &max, None, "").await;
        let id = key.view.key_id;
        let line = app.engine.change_key(&max, change(id, ELSEWHERE)).await.expect("changed");
        assert_eq!(line.key.allowed_ips, blocks(ELSEWHERE));
        assert_eq!(refusal(app.admit(&key.plain).await), Code::IpNotAllowed);
        let event = app.newest_event(&max).await;
        assert_eq!(event.action.as_str(), "key.allowed_ips_changed");
        assert_eq!((event.changes[0].before.as_deref(), event.changes[0].after.as_deref()), (None, Some(ELSEWHERE)));
        let before = everything(app).await;
        app.engine.change_key(&max, change(id, "2001:db8::/32 198.51.100.0/24")).await.expect("nothing to do");
        assert_eq!(before, everything(app).await, "no change, no event");
        app.engine.change_key(&max, change(id, "")).await.expect("changed");
        let event = app.newest_event(&max).await;
        assert_eq!((event.changes[0].before.as_deref(), event.changes[0].after.as_deref()), (Some(ELSEWHERE), None));
        app.with_key(&key.plain).await;
        let mia = app.north("mia").await;
        assert_eq!(refusal(app.engine.change_key(&mia, change(id, HERE)).await), Code::Forbidden);
        let otto = app.south("otto").await;
        assert_eq!(refusal(app.engine.change_key(&otto, change(id, HERE)).await), Code::NotFound);
        app.engine.revoke_key(&max, revoke(id)).await.expect("revoked");
        assert_eq!(refusal(app.engine.change_key(&max, change(id, HERE)).await), Code::Conflict);
        app.sound_chain(NORTH).await;
    }

    every_list_has_to_allow_the_address(app) {
        let ada = app.north("ada").await;
        let bot = service_account(app, &ada, "192.0.2.0/25").await;
        let key = key_in(app, &ada, Some(bot), "192.0.2.64/26 198.51.100.1").await;
        for (address, is_allowed) in [("192.0.2.65", true), ("192.0.2.1", false), ("192.0.2.129", false), ("198.51.100.1", false)] {
            assert_eq!(admit(&app.engine, &key.plain, Some(address)).await.is_ok(), is_allowed, "{address}");
        }
        let account = app.engine.change_service_account(&ada, change_account(bot, "")).await.expect("changed");
        assert!(account.allowed_ips.is_empty());
        let event = app.newest_event(&ada).await;
        assert_eq!((event.changes[0].before.as_deref(), event.changes[0].after.as_deref()), (Some("192.0.2.0/25"), None));
        admit(&app.engine, &key.plain, Some("198.51.100.1")).await.expect("no other list");
    }

    // D35, D39: after the environment, before the scopes.
    the_lists_of_a_key_its_consumer_and_its_api_count_at_the_gate(app) {
        let ada = app.north("ada").await;
        let known = app.north_key("mia").await;
        let tasks = joined(&app.engine, &known.plain).await;
        api(app, &ada, "orders").await;
        let initech = consumer(app, &ada, "customer_42").await;
        let command = CreateApiKey {
            allowed_ips: blocks("192.0.2.0/24 198.51.100.0/24"),
            ..key_draft(&ada, "orders", Some(initech.actor_id), &["orders:read"])
        };
        let key = app.engine.create_api_key(&ada, command, None).await.expect("a key");
        let (here, there) = (Some("192.0.2.7"), Some("198.51.100.1"));
        let gate = async |address, scopes| gate(&app.engine, &key.plain, address, scopes).await;
        for _ in 0..2 {
            assert_eq!(gate(here, "orders:read").await, VerdictCode::Valid);
            assert_eq!(gate(Some("203.0.113.1"), "orders:write").await, VerdictCode::IpNotAllowed);
            assert_eq!(gate(None, "").await, VerdictCode::IpNotAllowed);
            assert_eq!(gate(here, "orders:write").await, VerdictCode::MissingScope);
        }
        let consumer = |line| ChangeConsumer {
            allowed_ips: Some(blocks(line)),
            ..ChangeConsumer::read(initech.actor_id, None, None, None).expect("a change")
        };
        let changed = app.engine.change_consumer(&ada, consumer("192.0.2.0/28")).await.expect("changed");
        assert_eq!(changed.allowed_ips, blocks("192.0.2.0/28"));
        assert_eq!((gate(here, "").await, gate(there, "").await), (VerdictCode::Valid, VerdictCode::IpNotAllowed));
        let api = |line: &str| {
            let lines: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            let draft = ApiDraft { allowed_ips: Some(&lines), ..ApiDraft::default() };
            ChangeApi::read(slug("orders"), draft, None).expect("a change")
        };
        let changed = app.engine.change_api(&ada, api("198.51.100.0/24")).await.expect("changed");
        assert_eq!(changed.allowed_ips, blocks("198.51.100.0/24"));
        assert_eq!((gate(here, "").await, gate(there, "").await), (VerdictCode::IpNotAllowed, VerdictCode::IpNotAllowed));
        app.engine.change_consumer(&ada, consumer("")).await.expect("changed");
        assert_eq!((gate(here, "").await, gate(there, "").await), (VerdictCode::IpNotAllowed, VerdictCode::Valid));

        let verify = async |ip| verify(app, &ada, &key.plain, Some("orders"), ip).await;
        assert_eq!((verify(there).await, verify(here).await), (VerdictCode::Valid, VerdictCode::IpNotAllowed));
        assert_eq!(verify(None).await, VerdictCode::IpNotAllowed);
        let usage = app.engine.get_key_detail(&ada, key.view.key_id).await.expect("a key").usage;
        let refused = usage.refusals.iter().find(|one| one.cause == RefusalCause::IpNotAllowed);
        assert_eq!(refused.map(|one| one.count), Some(10));
        app.sound_chain(NORTH).await;
        tasks.leave().await;
    }

    // The caller's own address does not count for the key that it verifies.
    verifying_a_key_with_a_list_needs_the_address_of_the_client(app) {
        let max = app.north("max").await;
        let key = key_in(app, &max, None, HERE).await;
        for _ in 0..2 {
            assert_eq!(verify(app, &max, &key.plain, None, None).await, VerdictCode::IpNotAllowed);
            assert_eq!(verify(app, &max, &key.plain, None, Some(" 192.0.2.7 ")).await, VerdictCode::Valid);
            assert_eq!(verify(app, &max, &key.plain, None, Some("::ffff:192.0.2.7")).await, VerdictCode::Valid);
            assert_eq!(verify(app, &max, &key.plain, None, Some("198.51.100.1")).await, VerdictCode::IpNotAllowed);
        }
        let free = app.north_key("max").await;
        assert_eq!(verify(app, &max, &free.plain, None, None).await, VerdictCode::Valid);
        let faults = VerifyKey::read("k", None, None, Some("localhost"), false).err().expect("a fault");
        assert_eq!(faults[0].field, "ip");
    }

    // D23, P1
    a_narrower_list_ends_the_requests_in_flight(app) {
        let ada = app.north("ada").await;
        let known = app.north_key("mia").await;
        let tasks = joined(&app.engine, &known.plain).await;
        let bot = service_account(app, &ada, "").await;
        let key = key_in(app, &ada, Some(bot), "").await;
        let (id, engine) = (key.view.key_id, &app.engine);
        for (of_key, line, ends) in [
            (true, "192.0.2.0/24", true), (true, "192.0.2.0/24 10.0.0.0/8", false), (true, ELSEWHERE, true), (true, "", false),
            (false, "192.0.2.0/24", true), (false, ELSEWHERE, true), (false, "", false),
        ] {
            let running = admit(engine, &key.plain, Some("192.0.2.7")).await.ok();
            if of_key {
                engine.change_key(&ada, change(id, line)).await.expect("changed");
            } else {
                engine.change_service_account(&ada, change_account(bot, line)).await.expect("changed");
            }
            assert!(cached(engine, &key.plain).is_none(), "{line}: still in memory");
            let is_allowed = blocks(line).allow(Some("192.0.2.7".parse().expect("an address")));
            if let Some(running) = running {
                assert_eq!(running.guard.is_cancelled(), ends, "{line}");
                let late = app.workspace(&running.ctx, "Late").await;
                assert_eq!(late.is_ok(), is_allowed, "{line}");
            }
            match admit(engine, &key.plain, Some("192.0.2.7")).await {
                Ok(_) => assert!(is_allowed, "{line}"),
                Err(error) => assert_eq!((error.code(), is_allowed), (Code::IpNotAllowed, false), "{line}"),
            }
        }
        tasks.leave().await;
    }

    // Without a lease the database decides before the response.
    a_response_is_withheld_after_the_address_is_excluded(app) {
        let max = app.north("max").await;
        let key = key_in(app, &max, None, "").await;
        // On SQLite there is one node, whose requests in flight are cancelled instead.
        if app.db.is_shared() {
            let other = app.restarted().await;
            let running = admit(&other, &key.plain, Some("192.0.2.7")).await.expect("admitted");
            other.recheck_key(&running).await.expect("unchanged");
            app.engine.change_key(&max, change(key.view.key_id, ELSEWHERE)).await.expect("changed");
            assert_eq!(refusal(other.recheck_key(&running).await), Code::IpNotAllowed);
            app.engine.change_key(&max, change(key.view.key_id, "")).await.expect("changed");
        }
        // The request that excludes its own address gets its response.
        let own = admit(&app.engine, &key.plain, Some("192.0.2.7")).await.expect("admitted");
        app.engine.change_key(&own.ctx, change(key.view.key_id, ELSEWHERE)).await.expect("changed");
        app.engine.recheck_key(&own).await.expect("its own change");
    }

    a_successor_keeps_the_list(app) {
        let (max, olga) = (app.north("max").await, app.north("olga").await);
        let key = key_in(app, &max, None, ELSEWHERE).await;
        let rotated = app.engine.rotate_key(&max, RotateKey::immediately(key.view.key_id), None).await.expect("rotated").new;
        assert_eq!(rotated.view.allowed_ips, blocks(ELSEWHERE));
        assert_eq!(refusal(app.admit(&rotated.plain).await), Code::IpNotAllowed);
        let keys = vec![(rotated.view.key_id, KeyDisposition::HandOverToNew)];
        let command = RemoveMember { member: max.actor().id, keys };
        let new = app.engine.offboard_member(&olga, command).await.expect("handed over").remove(0);
        assert_eq!(new.view.allowed_ips, blocks(ELSEWHERE));
        assert_eq!(refusal(app.admit(&new.plain).await), Code::IpNotAllowed);
        admit(&app.engine, &new.plain, Some("198.51.100.1")).await.expect("from its list");
    }

    // D14: no key creates a stronger key.
    a_key_with_a_list_creates_keys_within_its_list_only(app) {
        let ada = app.north("ada").await;
        let key = key_in(app, &ada, None, HERE).await;
        let free = app.north_key("ada").await;
        let caller = app.with_key(&key.plain).await.ctx;
        let create = async |line| {
            let command = CreateKey { allowed_ips: blocks(line), ..CreateKey::read("More").expect("a name") };
            app.engine.create_key(&caller, command).await
        };
        for line in ["", ELSEWHERE, "192.0.2.0/23", "192.0.2.0/24 10.0.0.1"] {
            assert_eq!(refusal(create(line).await), Code::InvalidFields, "{line}");
        }
        let made = create("192.0.2.7").await.expect("within its list");
        assert_eq!(refusal(app.engine.change_key(&caller, change(key.view.key_id, "")).await), Code::InvalidFields);
        let rotate = RotateKey::immediately(free.view.key_id);
        assert_eq!(refusal(app.engine.rotate_key(&caller, rotate, None).await), Code::Forbidden);
        app.engine.change_key(&caller, change(made.view.key_id, HERE)).await.expect("within its list");
        app.engine.change_key(&caller, change(free.view.key_id, ELSEWHERE)).await.expect("narrower than before");
        app.engine.rotate_key(&caller, RotateKey::immediately(made.view.key_id), None).await.expect("within its list");
        // A key for an API has no power here.
        api(app, &ada, "orders").await;
        app.engine.create_api_key(&caller, key_draft(&ada, "orders", None, &[]), None).await.expect("a key for an API");
    }
}
